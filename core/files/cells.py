"""What a cell means: text, order numbers, money, quantities, times. Pure; what says nothing clear is refused.

Platforms write long numbers so that Excel leaves them alone: `="3515..."` and `'1392...` (Taobao), a leading tab
(Doudian). A number that Excel got hold of all the same has lost its last digits, and no reader brings them back.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from core.files.records import Cell
from core.runtime.china import CHINA

#: 10 milliard yuan: beyond it a number is an error, and it fits every database's integer
MOST_FEN = 10**12
MOST_QTY = 1_000_000
#: what a double holds exactly, and what Excel shows
_EXACT = 10**15
_LONGEST = 4000

_EDGES = " \t\r\n\v\f\u3000\u00a0\ufeff\u200b"
#: with one of these begins whatever has to be unwrapped
_WRAPPING = frozenset(_EDGES + "='")
_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])
_EXPONENT = re.compile(r"[+-]?\d(?:\.\d+)?[eE][+-]?\d+")
_IDENTIFIER = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.:/#-]{0,99}")
_CURRENCY = str.maketrans(dict.fromkeys("¥￥元,，  "))
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．－＋：／", "0123456789.-+:/")
_TIMES = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y%m%d%H%M%S",
    "%Y%m%d",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日",
)
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
#: Excel counts days from here for every date since 1900-03-01; day 60 never was
_EXCEL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - the wall clock of whoever typed it
_FIRST_SERIAL, _LAST_SERIAL = 36_526, 73_415


class BadCell(ValueError):
    """A cell that cannot be what its column holds; `reason` is a code below `files.reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Tidy(str):
    """A text that has been unwrapped already: each is looked at a dozen times."""

    __slots__ = ()


def tidied(cell: Cell, blanks: frozenset[str]) -> Cell:
    """The cell for many looks: a text without its wrapping, None where nothing stands in it."""
    if not isinstance(cell, str):
        return cell
    if not cell:
        return None
    if cell[0] in _WRAPPING or cell[-1] in _EDGES or not cell.isprintable() or len(cell) > _LONGEST:
        cell = _unwrapped(cell)[:_LONGEST]
    return None if not cell or cell in blanks else Tidy(cell)


def text_of(cell: Cell) -> str:
    """What a person reads in the cell, without the tricks that keep Excel's hands off; empty where nothing stands."""
    if type(cell) is Tidy:
        return str(cell)
    if isinstance(cell, str):
        return _unwrapped(cell)[:_LONGEST]
    if cell is None or isinstance(cell, bool):
        return "" if cell is None else ("1" if cell else "0")
    if isinstance(cell, int | float):
        return str(int(cell)) if _is_whole(cell) else repr(cell)
    return cell["at"].removesuffix(" 00:00:00")


def _unwrapped(text: str) -> str:
    text = text.strip(_EDGES)
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        text = text[2:-1].strip(_EDGES)
    if text.startswith("'"):
        text = text[1:].strip(_EDGES)
    return text.translate(_CONTROLS) if not text.isprintable() else text


def _is_whole(number: float) -> bool:
    return number == number and abs(number) < 1e300 and number == int(number)


def number_of(cell: Cell) -> str:
    """The number of an order, a waybill, a code: never one that went through a floating-point number.

    Raises:
        BadCell: `damaged_number`; `not_a_number`, signs that no number has.
    """
    if isinstance(cell, float | int) and not isinstance(cell, bool) and abs(cell) >= _EXACT:
        raise BadCell("damaged_number")
    text = text_of(cell)
    if _EXPONENT.fullmatch(text):
        raise BadCell("damaged_number")
    if text and not _IDENTIFIER.fullmatch(text):
        raise BadCell("not_a_number")
    return text


def code_of(cell: Cell) -> str:
    """A code of the shop's own: any short text, but not one that a floating-point number has damaged.

    Raises:
        BadCell: `damaged_number`; `too_long`.
    """
    if isinstance(cell, float | int) and not isinstance(cell, bool) and abs(cell) >= _EXACT:
        raise BadCell("damaged_number")
    text = text_of(cell)
    if _EXPONENT.fullmatch(text):
        raise BadCell("damaged_number")
    if len(text) > 100:
        raise BadCell("too_long")
    return text


def money_of(cell: Cell) -> int:
    """An amount of yuan in whole fen, exactly.

    Raises:
        BadCell: `not_money`; `fraction_of_fen`; `out_of_range`.
    """
    plain = text_of(cell).translate(_FULL_WIDTH).translate(_CURRENCY)
    try:
        fen = Decimal(plain) * 100
    except InvalidOperation as error:
        raise BadCell("not_money") from error
    if not fen.is_finite():
        raise BadCell("not_money")
    if abs(fen) > MOST_FEN:
        raise BadCell("out_of_range")
    whole = fen.to_integral_value()
    # A sum that Excel has worked out carries the dust of its arithmetic; a text is exactly what it says.
    if whole != fen and not (isinstance(cell, float) and abs(whole - fen) < Decimal("0.0001")):
        raise BadCell("fraction_of_fen")
    return int(whole)


def quantity_of(cell: Cell) -> int:
    """How many units.

    Raises:
        BadCell: `not_a_quantity`; `out_of_range`, none or more than a million.
    """
    qty = whole_of(cell)
    if not 1 <= qty <= MOST_QTY:
        raise BadCell("out_of_range")
    return qty


def whole_of(cell: Cell) -> int:
    """A whole number from nought on.

    Raises:
        BadCell: `not_a_quantity`; `out_of_range`.
    """
    plain = text_of(cell).translate(_FULL_WIDTH).translate(_CURRENCY)
    found = re.fullmatch(r"\+?(\d{1,15})(?:\.0+)?", plain)
    if found is None:
        raise BadCell("not_a_quantity")
    if int(found[1]) > 10**9:
        raise BadCell("out_of_range")
    return int(found[1])


def moment_of(cell: Cell) -> datetime:
    """An instant; what names no zone is Chinese time, whatever zone this machine is in.

    Raises:
        BadCell: `not_a_time`.
    """
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        return _serial(float(cell))
    plain = text_of(cell).translate(_FULL_WIDTH)
    at = _written(plain)
    if at is None or not _FIRST_YEAR <= at.year < _LAST_YEAR:
        raise BadCell("not_a_time")
    return (at if at.tzinfo is not None else at.replace(tzinfo=CHINA)).astimezone(UTC)


def _written(plain: str) -> datetime | None:
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        pass
    tidy = re.sub(r"\s+", " ", plain.replace("/", "-").replace("T", " ")).split(".")[0]
    for shape in _TIMES:
        try:
            return datetime.strptime(tidy, shape)  # noqa: DTZ007 - the zone follows
        except ValueError:
            continue
    return None


def _serial(days: float) -> datetime:
    if not _FIRST_SERIAL <= days < _LAST_SERIAL:
        raise BadCell("not_a_time")
    # To the second: a day's fraction has no more.
    wall = _EXCEL_ZERO + timedelta(seconds=round(days * 86_400))
    return wall.replace(tzinfo=CHINA).astimezone(UTC)


def time_cell(at: datetime | None) -> str:
    """A time as we write it, by China's clock: `moment_of` reads it back; empty for none."""
    return "" if at is None else at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
