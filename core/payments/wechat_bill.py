"""The trade bill of WeChat Pay: csv with a back-tick before each value, amounts in yuan, sums at the end."""

import csv
import gzip
import hashlib
import hmac
import io
import zlib
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

from core.payments.contract import Bill, BillDamaged, BillRow, fen_of

_PIECE: Final = 1 << 20
#: a bomb would unpack to more; 300,000 rows are about 120 MB
_LARGEST: Final = 1 << 30
_NEEDED: Final = ("微信订单号", "商户订单号", "交易状态")
_TOTALS: Final = "总交易单数"
#: newer bills tell what was ordered, older ones only what is settled
_PAID: Final = ("订单金额", "应结订单金额", "总金额")
_BACK: Final = ("申请退款金额", "退款金额")


def wechat_bill(packed: bytes, sha1: str) -> Bill:
    """The bill of a packed file, whose check is of the unpacked one.

    Raises:
        BillDamaged: it cannot be unpacked, or is not what its check says.
    """
    check, size = hashlib.sha1(usedforsecurity=False), 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
            while piece := file.read(_PIECE):
                check.update(piece)
                size += len(piece)
                if size > _LARGEST:
                    raise BillDamaged("The bill is larger than any bill", code="payment.bill_size")
    except (OSError, EOFError, zlib.error):
        raise BillDamaged("The bill did not come whole", code="payment.bill_cut") from None
    if not hmac.compare_digest(check.hexdigest(), sha1.strip().lower()):
        raise BillDamaged("The bill is not what its check says", code="payment.bill_hash")
    return Bill(lambda: wechat_rows(io.TextIOWrapper(gzip.GzipFile(fileobj=io.BytesIO(packed)), "utf-8-sig")))


def wechat_rows(file: io.TextIOWrapper) -> Iterator[BillRow]:
    """The rows of an open bill, one after the other.

    Raises:
        BillDamaged: a row is no row of a bill, or there are not as many as its last line says.
    """
    count, paid = 0, 0
    try:
        with file:
            lines = csv.reader(file)
            head = [name.strip().lstrip("`") for name in next(lines, [])]
            if any(name not in head for name in _NEEDED):
                raise BillDamaged("The bill has other columns than a bill", code="payment.bill_columns")
            for line in lines:
                if line and line[0].strip().lstrip("`") == _TOTALS:
                    _expect(line, next(lines, []), count, paid)
                    return
                row = dict(zip(head, (value.strip().removeprefix("`").strip() for value in line), strict=False))
                count += 1
                for one in _rows_of(row, len(line) >= len(_NEEDED)):
                    paid += 0 if one.is_refund else one.fen
                    yield one
    except (UnicodeDecodeError, csv.Error):
        raise BillDamaged("The bill cannot be read", code="payment.bill_text") from None
    raise BillDamaged("The bill ends without its sums", code="payment.bill_cut")


def _rows_of(row: Mapping[str, str], is_whole: bool) -> Iterator[BillRow]:
    if not is_whole or not row.get("商户订单号"):
        raise BillDamaged("A row of the bill is no row", code="payment.bill_row")
    state, number, transaction = row["交易状态"], row["商户订单号"], row["微信订单号"]
    if state == "SUCCESS":
        yield BillRow(number, transaction, _amount(row, _PAID), is_refund=False)
    elif state in {"REFUND", "REVOKED"}:
        yield BillRow(number, transaction, _amount(row, _BACK), is_refund=True)


def _amount(row: Mapping[str, str], names: tuple[str, ...]) -> int:
    for name in names:
        if row.get(name):
            return fen_of(row[name])
    raise BillDamaged("A row of the bill bears no amount", code="payment.bill_row")


def _expect(names: list[str], values: list[str], count: int, paid: int) -> None:
    told = dict(
        zip(
            (name.strip().lstrip("`") for name in names),
            (value.strip().removeprefix("`") for value in chain(values)),
            strict=False,
        )
    )
    if not told.get(_TOTALS, "").isdigit() or int(told[_TOTALS]) != count:
        raise BillDamaged("The bill has not as many rows as it says", code="payment.bill_sums")
    if told.get("订单总金额") and fen_of(told["订单总金额"]) != paid:
        raise BillDamaged("The bill's rows are not what its sum says", code="payment.bill_sums")
