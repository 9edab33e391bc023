"""The trade bill of Alipay: a zip of GBK csv files, with comment lines before, between and behind the rows."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from core.payments.contract import Bill, BillDamaged, BillRow, fen_of

_LARGEST: Final = 1 << 30
_NEEDED: Final = ("支付宝交易号", "商户订单号", "业务类型", "订单金额（元）")
_COUNT: Final = re.compile(r"#(交易|退款)合计[：:]\s*(\d+)\s*笔")


def alipay_bill(packed: bytes) -> Bill:
    """The bill of a downloaded zip.

    Raises:
        BillDamaged: it cannot be unpacked, or holds no bill.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(packed))
        names = [info for info in archive.infolist() if "汇总" not in _name(info) and _name(info).endswith(".csv")]
        if len(names) != 1 or names[0].file_size > _LARGEST:
            raise BillDamaged("The archive holds no bill", code="payment.bill_archive")
        # Reads it through once: the archive's own check is at its end.
        with archive.open(names[0]) as file:
            while file.read(1 << 20):
                pass
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
        raise BillDamaged("The bill did not come whole", code="payment.bill_cut") from None
    return Bill(lambda: alipay_rows(io.TextIOWrapper(archive.open(names[0]), "gb18030", newline="")))


def _name(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: old archivers write GBK where the standard says code page 437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gbk")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return info.filename


def alipay_rows(file: io.TextIOWrapper) -> Iterator[BillRow]:
    """The rows of an open bill, one after the other.

    Raises:
        BillDamaged: a row is no row of a bill, or there are not as many as its last lines say.
    """
    told: dict[str, int] = {}
    counted = {"交易": 0, "退款": 0}
    try:
        with file:
            lines = csv.reader(_without_comments(file, told))
            head = [name.strip() for name in next(lines, [])]
            if any(name not in head for name in _NEEDED):
                raise BillDamaged("The bill has other columns than a bill", code="payment.bill_columns")
            places = [head.index(name) for name in _NEEDED]
            for line in lines:
                if len(line) <= max(places):
                    raise BillDamaged("A row of the bill is no row", code="payment.bill_row")
                transaction, number, kind, yuan = (line[place].strip() for place in places)
                if kind in counted:
                    counted[kind] += 1
                    fen = fen_of(yuan)
                    yield BillRow(number, transaction, abs(fen), is_refund=kind == "退款")
    except (UnicodeDecodeError, csv.Error):
        raise BillDamaged("The bill cannot be read", code="payment.bill_text") from None
    if "交易" not in told:
        raise BillDamaged("The bill ends without its sums", code="payment.bill_cut")
    if any(counted[kind] != number for kind, number in told.items()):
        raise BillDamaged("The bill has not as many rows as it says", code="payment.bill_sums")


def _without_comments(lines: Iterable[str], told: dict[str, int]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("#"):
            if line.strip():
                yield line
            continue
        met = _COUNT.match(line)
        if met is not None:
            told[met.group(1)] = int(met.group(2))
