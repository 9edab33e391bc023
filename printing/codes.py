"""Bars and QR modules as arrays of modules; the canvas turns each module into whole dots."""

import numpy as np
import zxingcpp

from printing.bitmap import BoolArray

#: white modules each side that a reader needs (ISO/IEC 15417 and 18004)
CODE128_QUIET_MODULES = 10
QR_QUIET_MODULES = 4


def code128_modules(text: str) -> BoolArray:
    """The bars of `text` as one row of modules, True is black, without quiet zones.

    Raises:
        ValueError: Code 128 cannot hold it.
    """
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    image = np.array(symbol.to_image(scale=1, add_quiet_zones=False))
    return np.asarray(image[0] < 128, dtype=np.bool_)


def qr_modules(text: str, most_modules: int) -> BoolArray | None:
    """The QR code of `text` as a square of modules without quiet zone; level M, or L where only that fits.

    Returns:
        None where it would need more than `most_modules` a side, or holds more than any QR code can.
    """
    for level in ("M", "L"):
        try:
            symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
        except ValueError:
            continue
        image = np.array(symbol.to_image(scale=1, add_quiet_zones=False))
        if image.shape[0] <= most_modules:
            return np.asarray(image < 128, dtype=np.bool_)
    return None
