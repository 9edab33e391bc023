"""The buyers of the recorded run: what they order on top of the practice shop's twenty, and what goes wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.practice_control import PracticeControl


@dataclass(frozen=True, slots=True)
class Wish:
    """One order. `trick` names what will happen to it; the earliest deadline is packed first."""

    trick: str
    lines: Sequence[tuple[str, int]]
    buyer: str = ""
    name: str = "林练习"
    address: str = "练习路66号云朵花园3栋502室"
    is_paid: bool = True


#: in the order in which they fall due
WISHES = (
    Wish("rare characters", [("MF-102", 1), ("ZP-902", 1)], name="㐂𠮷堃", address="𣲗路𠙶巷㙍号 ﷽ 室"),
    Wish("short", [("NP-302", 1), ("SJ-402", 1)]),
    Wish("refund midway", [("MF-101", 1), ("SJ-401", 2)]),
    Wish("one buyer, two orders", [("KS-501", 1)], buyer="twice", name="何听雨"),
    Wish("one buyer, two orders", [("KS-502", 1), ("FS-101", 1)], buyer="twice", name="何听雨"),
    Wish("refund after the label", [("FS-201", 2)]),
    Wish("same SKU twice", [("KS-501", 1), ("KS-501", 2)]),
    Wish("two boxes", [("ZN-201", 3), ("ZN-203", 2)]),
    Wish("quantity 24", [("SJ-402", 24)]),
    Wish("no barcode, gift", [("WJ-601", 1), ("ZP-901", 1)]),
    Wish("paper out", [("MF-201", 1)]),
    Wish("swapped labels, first", [("MF-202", 1)]),
    Wish("swapped labels, second", [("MF-301", 1)]),
    Wish("torn label", [("FS-102", 2)]),
    Wish("printer unplugged", [("MF-113", 1)]),
    Wish("unpaid, then paid", [("MF-103", 2)], is_paid=False),
)
_PLACE = {"phone": "13800001234", "province": "浙江省", "city": "杭州市", "district": "余杭区"}


def place_all(shop: PracticeControl, only: Sequence[str] = ()) -> Mapping[str, str]:
    """Place every wish, or those with these tricks; trick by order number."""
    placed: dict[str, str] = {}
    for number, wish in enumerate(WISHES):
        if only and wish.trick not in only:
            continue
        order: Any = shop.post(
            "orders",
            buyer_key=wish.buyer or f"walk-{number}",
            buyer_name="练习买家",
            receiver={**_PLACE, "name": wish.name, "address": wish.address, "postcode": ""},
            lines=[{"sku": sku, "qty": qty} for sku, qty in wish.lines],
            is_paid=wish.is_paid,
            ship_within_h=number + 1,
        )
        placed[order["no"]] = wish.trick
    return placed
