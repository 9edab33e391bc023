"""Where a picture lies on the paper, for languages that can neither turn it nor move it left or up.

The meaning is the same in every language: the offset moves the picture as its reader sees it, direction 1
then turns the whole paper, and what leaves the paper is not printed.
"""

from dataclasses import dataclass

import numpy as np

from printing.bitmap import Bitmap
from printing.profile import PrinterProfile
from printing.templates.sheets import find_sheet


@dataclass(frozen=True, slots=True)
class Page:
    """What can be printed of one paper, in dots: no wider than the head."""

    width_dots: int
    height_dots: int


@dataclass(frozen=True, slots=True)
class Placed:
    """The visible part of a picture, `x` and `y` dots (never negative) from the paper's corner."""

    bitmap: Bitmap
    x: int
    y: int


def page_of(profile: PrinterProfile) -> Page:
    """The paper of a profile on its print head."""
    sheet = find_sheet(profile.size)
    width, height = (int(side * profile.dots_per_mm + 0.5) for side in (sheet.width_mm, sheet.height_mm))
    return Page(min(width, profile.head_dots) if profile.head_dots else width, height)


def _moved(bitmap: Bitmap, profile: PrinterProfile) -> Placed:
    """What the offset leaves of the picture, upright; a picture moved off the paper leaves one white block."""
    page = page_of(profile)
    x, y = profile.offset_x_dots, profile.offset_y_dots
    left, top = max(0, -x), max(0, -y)
    x, y = max(0, x), max(0, y)
    width = min(bitmap.width_dots - left, page.width_dots - x)
    height = min(bitmap.height_dots - top, page.height_dots - y)
    if (left, top, width, height) == (0, 0, bitmap.width_dots, bitmap.height_dots):
        return Placed(bitmap, x, y)
    if width <= 0 or height <= 0:
        return Placed(Bitmap(8, 1, 1, b"\0"), 0, 0)
    return Placed(Bitmap.from_array(bitmap.to_array()[top : top + height, left : left + width]), x, y)


def placed(bitmap: Bitmap, profile: PrinterProfile) -> Placed:
    """The picture with offset and direction: as it lies under the head, first row out first."""
    upright = _moved(bitmap, profile)
    if profile.direction == 0:
        return upright
    page, part = page_of(profile), upright.bitmap
    turned = Bitmap.from_array(part.to_array()[::-1, ::-1])
    return Placed(
        turned, page.width_dots - upright.x - part.width_dots, page.height_dots - upright.y - part.height_dots
    )


def filled_page(bitmap: Bitmap, profile: PrinterProfile) -> Bitmap:
    """The whole paper as one picture, for languages that cannot even place it."""
    page, part = page_of(profile), placed(bitmap, profile)
    if (part.bitmap.width_dots, part.bitmap.height_dots) == (page.width_dots, page.height_dots):
        return part.bitmap
    paper = np.zeros((page.height_dots, page.width_dots), dtype=np.bool_)
    dots = part.bitmap.to_array()
    paper[part.y : part.y + dots.shape[0], part.x : part.x + dots.shape[1]] = dots
    return Bitmap.from_array(paper)
