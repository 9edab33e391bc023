"""What states of a parcel mean to a query."""

from typing import Final

#: made, and neither gone nor called off
OPEN: Final = ("to_pack", "packing", "packed")

#: what a query has to say literally, so that SQLite knows that the index of open parcels answers it
IS_OPEN = "state NOT IN ('shipped', 'cancelled')"
#: the rest of a box that was closed full; again literally, for the index that holds hardly anything else
IS_REST = "state = 'to_pack' AND box_no > 1"
#: left the desk, and no courier has signed for it yet; literally, for its index
AWAITS_COURIER = "awaits_courier"
