"""The way along the shelves."""

import re

_DIGITS = re.compile(r"(\d+)")


def shelf_order(sku_code: str, bin_code: str = "") -> tuple[str | int, ...]:
    """The place of a SKU on the way along the shelves: by its bin, else by its own code; A-2 before A-10."""
    # Words and numbers take turns, so that no word is ever compared with a number.
    return tuple(
        int(part) if place % 2 else part
        for place, part in enumerate(_DIGITS.split((bin_code or sku_code).casefold()))
    )
