"""Typed reading of a platform's JSON: a miss is a `ContractBroken` that names the field's path, never its value."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation

from core.runtime.remote_errors import ContractBroken

#: platforms of the mainland write local time without an offset; a time zone of the PC's must never be taken instead
CHINA = timezone(timedelta(hours=8))
#: 10 milliard yuan: beyond it a number is an error, and it fits every database's integer
LARGEST_FEN = 10**12
LARGEST_QTY = 1_000_000
_LARGEST_SECOND = 32_503_680_000


class Fields:
    """One JSON object, and the path to it in the answer."""

    def __init__(self, raw: object, path: str) -> None:
        """Read `raw`.

        Raises:
            ContractBroken: not a JSON object.
        """
        if not isinstance(raw, dict):
            raise broken(path)
        self.mapping: Mapping[str, object] = raw
        self._path = path

    def broken(self, name: str) -> ContractBroken:
        """The error of one field."""
        return broken(f"{self._path}.{name}")

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.mapping.get(name) is not None

    def child(self, name: str) -> "Fields":
        """An object that has to be there."""
        return Fields(self.mapping.get(name), f"{self._path}.{name}")

    def child_or_empty(self, name: str) -> "Fields":
        """An object; empty where it is not there."""
        return self.child(name) if self.has(name) else Fields({}, f"{self._path}.{name}")

    def rows(self, name: str) -> Sequence["Fields"]:
        """A list of objects; empty where it is not there, because many platforms leave an empty list out."""
        value = self.mapping.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self.broken(name)
        return tuple(Fields(row, f"{self._path}.{name}") for row in value)

    def text(self, name: str) -> str:
        """Text that is not empty."""
        value = self.mapping.get(name)
        if not isinstance(value, str) or not value:
            raise self.broken(name)
        return value

    def text_or_blank(self, name: str) -> str:
        """Text; blank where it is not there."""
        value = self.mapping.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.broken(name)
        return value

    def id(self, name: str) -> str:
        """An id, written as a number or as text, as text."""
        found = self.id_or_blank(name)
        if not found:
            raise self.broken(name)
        return found

    def id_or_blank(self, name: str) -> str:
        """An id as text; blank where it is not there."""
        value = self.mapping.get(name)
        return str(value) if type(value) is int else self.text_or_blank(name)

    def word(self, name: str, known: frozenset[str], default: str | None = None) -> str:
        """One of the known words."""
        if default is not None and not self.has(name):
            return default
        value = self.text(name)
        if value not in known:
            raise self.broken(name)
        return value

    def whole(self, name: str, least: int, most: int) -> int:
        """A whole number within bounds, written as a number."""
        value = self.mapping.get(name)
        # True is an int to Python, 3.0 is none to the contract
        if type(value) is not int or not least <= value <= most:
            raise self.broken(name)
        return value

    def whole_or(self, name: str, default: int) -> int:
        """A whole number, written as a number or as text; `default` where it is not there or blank."""
        value = self.mapping.get(name)
        if value is None or value == "":
            return default
        if type(value) is int:
            return value
        if isinstance(value, str) and value.isascii() and value.lstrip("-").isdigit() and len(value) < 19:
            return int(value)
        raise self.broken(name)

    def qty(self, name: str) -> int:
        """A quantity, written as a number or as text."""
        found = self.whole_or(name, 0)
        if not 1 <= found <= LARGEST_QTY:
            raise self.broken(name)
        return found

    def fen(self, name: str) -> int:
        """Money in fen; 0 where it is not there."""
        found = self.whole_or(name, 0)
        if not 0 <= found <= LARGEST_FEN:
            raise self.broken(name)
        return found

    def yuan(self, name: str) -> int:
        """Money written in yuan, as text or as a number, in fen; 0 where it is not there.

        Parts of a fen are refused: half of one has been lost somewhere, and nobody would find it again.
        """
        value = self.mapping.get(name)
        if value is None or value == "":
            return 0
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise self.broken(name)
        try:
            fen = Decimal(str(value).strip()) * 100
        except InvalidOperation:
            raise self.broken(name) from None
        if not fen.is_finite() or fen != fen.to_integral_value() or not 0 <= fen <= LARGEST_FEN:
            raise self.broken(name)
        return int(fen)

    def flag(self, name: str) -> bool:
        """True or false; false where it is not there."""
        value = self.mapping.get(name)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise self.broken(name)
        return value

    def flag_or_none(self, name: str) -> bool | None:
        """True or false; None where it is not there."""
        return self.flag(name) if self.has(name) else None

    def instant(self, name: str) -> datetime:
        """A moment with its offset (ISO 8601)."""
        try:
            value = datetime.fromisoformat(self.text(name))
            if value.tzinfo is None:
                raise self.broken(name)
            return value.astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.broken(name) from None

    def instant_or_none(self, name: str) -> datetime | None:
        """A moment with its offset; None where it is not there."""
        return self.instant(name) if self.has(name) else None

    def china(self, name: str) -> datetime:
        """A moment written as `yyyy-MM-dd HH:mm:ss` in the mainland's time."""
        found = self.china_or_none(name)
        if found is None:
            raise self.broken(name)
        return found

    def china_or_none(self, name: str) -> datetime | None:
        """As `china`; None where it is not there or blank, and for year 1, which Java writes for "never"."""
        text = self.text_or_blank(name).strip()
        if not text or text.startswith("0001-"):
            return None
        try:
            value = datetime.fromisoformat(text)
            return value.replace(tzinfo=value.tzinfo or CHINA).astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.broken(name) from None

    def epoch(self, name: str) -> datetime:
        """A moment in seconds since 1970."""
        found = self.epoch_or_none(name)
        if found is None:
            raise self.broken(name)
        return found

    def epoch_or_none(self, name: str) -> datetime | None:
        """As `epoch`; None where it is not there or 0, which means "never"."""
        found = self.whole_or(name, 0)
        if not 0 <= found < _LARGEST_SECOND:
            raise self.broken(name)
        return datetime.fromtimestamp(found, UTC) if found else None


def broken(path: str) -> ContractBroken:
    """The error of one place in an answer."""
    return ContractBroken("The platform's answer is not what its document promises", code=path)


def china_text(at: datetime) -> str:
    """A moment as platforms of the mainland write it: `yyyy-MM-dd HH:mm:ss`, their time."""
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
