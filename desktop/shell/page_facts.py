"""What the shell knows of each page: one table, so that a new page is named once and nothing of it is forgotten.

Loaded before the first paint: nothing is imported here but what costs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Codes(StrEnum):
    """What becomes of a code that is read while a page is open."""

    #: it goes to the packing desk, which says what it means
    TO_DESK = "to_desk"
    #: it goes to the page, unless it is one of the desk's own commands
    TAKEN = "taken"
    #: whatever is read goes to the page
    ALL_TAKEN = "all_taken"


@dataclass(frozen=True, slots=True)
class PageFacts:
    """One page.

    Attributes:
        tables: what it shows; a write to one of them makes an open page look again.
        codes: what becomes of a code that is read there.
        is_alone: it stands without rail and strip.
        is_focused_by_itself: it knows better than the shell where the keyboard begins.
    """

    tables: tuple[str, ...] = ()
    codes: Codes = Codes.TO_DESK
    is_alone: bool = False
    is_focused_by_itself: bool = False


def _list(*tables: str, codes: Codes = Codes.TAKEN) -> PageFacts:
    """A page with a list, in which the keyboard begins."""
    return PageFacts(tables, codes, is_focused_by_itself=True)


PAGE_FACTS: Final[Mapping[str, PageFacts]] = {
    "packing": PageFacts(("parcel", "parcel_line", "orders", "wave", "waybill", "print_job")),
    "orders": _list("orders", "order_line", "hold", "parcel", "waybill", "print_job"),
    "after_sale": _list("after_sale_case", "orders", "hold", "cursor"),
    "entry": _list(),
    "waves": _list(
        *("wave", "parcel", "parcel_line", "orders", "hold", "waybill", "print_job", "sku", "setting"),
        codes=Codes.TO_DESK,
    ),
    "handover": PageFacts(("parcel", "handover", "order_line", "hold"), Codes.TAKEN),
    "shops": PageFacts(("shop", "sync_round", "reconciliation", "unread_order")),
    "door": PageFacts(("door_key", "door_node", "door_call", "shop", "sale_pause", "setting")),
    "payments": PageFacts(("payment_gateway", "payment_question", "payment_bill"), Codes.TAKEN),
    "day": PageFacts(("orders", "parcel", "print_job", "hold", "outbox")),
    "alerts": _list(
        *("alert", "alert_mute", "alert_channel", "roster_shift", "roster_change", "setting", "operator"),
        codes=Codes.TO_DESK,
    ),
    "reports": PageFacts(),
    "files": PageFacts(("file", "shop", "export")),
    "products": _list("sku", "listing"),
    "listings": _list("listing", "listing_round", "sku", "hold"),
    "customers": _list("customer", "orders"),
    "activity": _list("outbox", "print_job", "waybill", codes=Codes.TO_DESK),
    "stock": _list("stock_level", "reservation", "movement"),
    "quotas": _list("stock_level", "quota", "sku_plan", "shop"),
    "stocktake": _list("count_sheet", "count_line", "count_pass", "comparison"),
    "replenish": _list("sku_day", "supply", "document"),
    "limits": _list(
        *("sale_pause", "sale_stop", "breaker_rule", "breaker_trip", "purchase_limit", "quota", "orders", "shop")
    ),
    "accident": _list("hold", "orders", "reservation", "shortage_outcome", "document", "setting"),
    "recall": _list("batch", "stock_level"),
    "documents": _list("document"),
    "drill": PageFacts(codes=Codes.TAKEN),
    "printers": PageFacts(("printer", "print_job")),
    "people": PageFacts(("operator",)),
    "log": PageFacts(("access", "operator")),
    "settings": PageFacts(),
    "desks": PageFacts(("node",)),
    "welcome": PageFacts(codes=Codes.ALL_TAKEN, is_alone=True),
}
