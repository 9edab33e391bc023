"""The one picture format between template and printer language: one bit a dot, 1 is black."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bitmap:
    """Rows from the top, most significant bit first, each row padded with white to whole bytes.

    Attributes:
        width_dots: printed columns.
        height_dots: rows.
        stride: bytes per row, `ceil(width_dots / 8)`.
        data: `stride * height_dots` bytes, a set bit is black.
    """

    width_dots: int
    height_dots: int
    stride: int
    data: bytes

    def __post_init__(self) -> None:
        if self.stride != (self.width_dots + 7) // 8 or len(self.data) != self.stride * self.height_dots:
            raise ValueError("bitmap size and data do not agree")

    @classmethod
    def from_array(cls, black: BoolArray) -> Self:
        """Pack an array of shape (rows, columns), True is black."""
        height, width = black.shape
        packed = np.packbits(black, axis=1)
        return cls(width, height, packed.shape[1], packed.tobytes())

    def to_array(self) -> BoolArray:
        """The dots as an array of shape (rows, columns), True is black."""
        rows = np.frombuffer(self.data, dtype=np.uint8).reshape(self.height_dots, self.stride)
        return np.unpackbits(rows, axis=1, count=self.width_dots).astype(np.bool_)

    def to_png(self) -> bytes:
        """The picture as PNG bytes, black on white, one pixel a dot; needs QtGui but no application."""
        from PySide6.QtCore import QBuffer, QByteArray, QIODevice
        from PySide6.QtGui import QImage

        white_is_one = (np.frombuffer(self.data, dtype=np.uint8) ^ 0xFF).tobytes()
        mono = QImage.Format.Format_Mono
        image = QImage(white_is_one, self.width_dots, self.height_dots, self.stride, mono)
        image.setColorTable([0xFF000000, 0xFFFFFFFF])
        store = QByteArray()
        buffer = QBuffer(store)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        if not image.save(buffer, "PNG"):  # type: ignore[call-overload]  # the stubs want bytes, Qt wants text
            raise OSError("the picture could not be encoded as PNG")
        buffer.close()
        return bytes(store.data())

    def save_png(self, path: Path) -> None:
        """Write the PNG to `path`.

        Raises:
            OSError: the file cannot be written.
        """
        path.write_bytes(self.to_png())
