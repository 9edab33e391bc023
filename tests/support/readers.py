"""Barcode readers that did not write the barcode: zxing-cpp, and zbar where the system library is installed."""

import numpy as np
import numpy.typing as npt
import zxingcpp

Dots = npt.NDArray[np.bool_]


def read_with_zxing(black: Dots) -> set[tuple[str, str]]:
    """Every code as (kind, text), kind `code128` or `qr`."""
    kinds = {zxingcpp.BarcodeFormat.Code128: "code128", zxingcpp.BarcodeFormat.QRCode: "qr"}
    return {(kinds.get(code.format, str(code.format)), code.text) for code in zxingcpp.read_barcodes(_grey(black))}


def read_with_zbar(black: Dots) -> set[tuple[str, str]] | None:
    """The same by zbar, None where it is not installed."""
    try:
        from pyzbar import pyzbar
    except ImportError:
        return None
    grey = _grey(black)
    kinds = {"CODE128": "code128", "QRCODE": "qr"}
    symbols = [pyzbar.ZBarSymbol.CODE128, pyzbar.ZBarSymbol.QRCODE]
    found = pyzbar.decode((grey.tobytes(), grey.shape[1], grey.shape[0]), symbols=symbols)
    return {(kinds[code.type], code.data.decode("utf-8")) for code in found}


def _grey(black: Dots) -> npt.NDArray[np.uint8]:
    framed = np.pad(black, 8)
    return np.where(framed, 0, 255).astype(np.uint8)
