"""What the bars of a parked parcel's slip hold."""

import re
from typing import Final

_SLIP: Final = re.compile(r"PARK-([0-9]{1,15})")


def slip_of(parcel_id: int) -> str:
    """The code of a parcel's slip."""
    return f"PARK-{parcel_id}"


def parcel_of_slip(raw: str) -> int | None:
    """The parcel a scanned slip names; None for anything else."""
    found = _SLIP.fullmatch(raw.strip().upper())
    return None if found is None else int(found[1])
