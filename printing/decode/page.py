"""What all decoders need of paper: dots that are put somewhere, and limits against absurd jobs."""

import numpy as np

from printing.bitmap import BoolArray
from printing.decode.contract import DecodeError

_MOST_DOTS = 40_000_000
_MOST_PAPERS = 1000


def blank(width: int, height: int) -> BoolArray:
    """White paper.

    Raises:
        DecodeError: `decode.absurd_size`.
    """
    if width * height > _MOST_DOTS:
        raise DecodeError("decode.absurd_size", "the label is absurdly large")
    return np.zeros((height, width), dtype=np.bool_)


def check_count(papers: int) -> int:
    """The same number.

    Raises:
        DecodeError: `decode.absurd_count`.
    """
    if papers > _MOST_PAPERS:
        raise DecodeError("decode.absurd_count", f"{papers} papers in one command")
    return papers


def unpacked(raw: bytes, stride: int, rows: int) -> BoolArray:
    """Bytes as dots, the highest bit first; True is a 1 bit."""
    return np.unpackbits(np.frombuffer(raw, dtype=np.uint8)).reshape(rows, stride * 8).astype(np.bool_)


def draw(page: BoolArray, block: BoolArray, x: int, y: int, mode: str = "set") -> None:
    """Put `block` on the page at (x, y), which may be negative; what lies outside is lost.

    Modes: `set` overwrites, `or` adds black, `xor` turns over.
    """
    block = block[max(0, -y) :, max(0, -x) :]
    x, y = max(0, x), max(0, y)
    height = max(0, min(block.shape[0], page.shape[0] - y))
    width = max(0, min(block.shape[1], page.shape[1] - x))
    area, block = page[y : y + height, x : x + width], block[:height, :width]
    if mode == "set":
        area[:] = block
    elif mode == "or":
        area |= block
    else:
        area ^= block
