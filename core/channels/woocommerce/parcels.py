"""Which parcels an order knows: those told from here, kept in a field of its own, and those of the tracking plugin.

WooCommerce has no parcels. What was told from here stands in the order's meta data under a key of ours, number by
number with what is inside, so that whoever asks again finds it; the plugin keeps its own list and does not say what
is inside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.channels.contract import ShippedParcel
from core.channels.fields import LARGEST_QTY, Fields
from core.channels.woocommerce.carriers import code_of

#: what was told from here
OURS: Final = "_packdesk_parcels"
#: the seller's note as it was written from here
NOTE: Final = "_packdesk_note"
#: where Shipment Tracking and Advanced Shipment Tracking keep theirs
_PLUGIN: Final = "_wc_shipment_tracking_items"


@dataclass(frozen=True, slots=True)
class Tracked:
    """One row of the tracking plugin; `id` is what it is taken away by."""

    id: str
    carrier_code: str
    number: str


def meta_of(order: Fields, key: str) -> object:
    """The newest value of a key in an order's meta data; None where it has none."""
    found: object = None
    for row in order.rows("meta_data"):
        if row.mapping.get("key") == key:
            found = row.mapping.get("value")
    return found


def told_of(order: Fields) -> Sequence[ShippedParcel]:
    """The parcels told from here."""
    return tuple(
        ShippedParcel(
            row.text_or_blank("carrier"),
            row.text("no"),
            tuple((line.id("line"), line.whole("qty", 1, LARGEST_QTY)) for line in row.rows("lines")),
        )
        for row in _listed(meta_of(order, OURS), OURS)
    )


def tracked_of(order: Fields) -> Sequence[Tracked]:
    """The rows of the tracking plugin."""
    rows = _listed(meta_of(order, _PLUGIN), _PLUGIN)
    return tuple(
        Tracked(
            row.id_or_blank("tracking_id"),
            code_of(row.text_or_blank("custom_tracking_provider") or row.text_or_blank("tracking_provider")),
            row.id_or_blank("tracking_number").strip(),
        )
        for row in rows
        if row.id_or_blank("tracking_number").strip()
    )


def parcels_of(order: Fields) -> Sequence[ShippedParcel]:
    """Every parcel the order knows of, those told from here first."""
    found = {parcel.waybill_no: parcel for parcel in told_of(order)}
    for row in tracked_of(order):
        found.setdefault(row.number, ShippedParcel(row.carrier_code, row.number))
    return tuple(found.values())


def written(parcels: Sequence[ShippedParcel]) -> Mapping[str, object]:
    """The meta data that says which parcels were told from here."""
    rows = [
        {
            "no": parcel.waybill_no,
            "carrier": parcel.carrier_code,
            "lines": [{"line": line_no, "qty": qty} for line_no, qty in parcel.lines],
        }
        for parcel in parcels
    ]
    return {"key": OURS, "value": rows}


def _listed(value: object, path: str) -> Sequence[Fields]:
    """Rows of a list; PHP writes one whose numbers have gaps as a table."""
    rows = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return tuple(Fields(row, path) for row in rows if isinstance(row, dict))
