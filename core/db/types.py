"""Column types that mean the same on SQLite and PostgreSQL."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import JSON, BigInteger, Integer, LargeBinary, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

#: 64-bit key; INTEGER on SQLite so that it is the rowid itself
BigId = BigInteger().with_variant(Integer(), "sqlite")


def as_instant(stored_ms: int) -> datetime:
    """The time that a column of `Instant` stores as these milliseconds."""
    return _EPOCH + timedelta(milliseconds=stored_ms)


class Instant(TypeDecorator[datetime]):
    """An aware time, stored as whole milliseconds since 1970 UTC: sorts, compares and costs 6 bytes everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - the base class gives it
        """Milliseconds; a naive time is a defect and raises."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return (value - _EPOCH) // _MILLISECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as above
        """The time in UTC."""
        return None if value is None else as_instant(value)


class PersonalCipher(Protocol):
    """Encrypts one personal value; `place` (table and column) is bound to it, so values cannot be swapped about."""

    def encrypt(self, value: str, place: str) -> str:
        """Text that only the data key opens."""
        ...

    def decrypt(self, stored: str, place: str) -> str:
        """The value; raises when the text was changed or comes from another place."""
        ...

    def encrypt_bytes(self, value: bytes, place: str) -> bytes:
        """As `encrypt`, for bytes."""
        ...

    def decrypt_bytes(self, stored: bytes, place: str) -> bytes:
        """As `decrypt`, for bytes."""
        ...


class _Sealed(TypeDecorator[T]):
    """A personal value. The SQLite file is encrypted as a whole; on PostgreSQL this column is.

    The cipher hangs on the engine's dialect (`dialect.personal_cipher`), because there are no globals. An engine
    without one refuses to store: never clear text by omission. An empty value tells nothing and stays empty.
    """

    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def bind_processor(self, dialect: Dialect) -> Any:
        """Nothing at all inside the encrypted file, where it would cost a call for every value of every row."""
        return (
            self._impl_alone(dialect).bind_processor(dialect)
            if _is_file(dialect)
            else super().bind_processor(dialect)
        )

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """As `bind_processor`, on the way back."""
        if _is_file(dialect):
            return self._impl_alone(dialect).result_processor(dialect, coltype)
        return super().result_processor(dialect, coltype)

    def _impl_alone(self, dialect: Dialect) -> TypeEngine[Any]:
        return self.load_dialect_impl(dialect).dialect_impl(dialect)


class Personal(_Sealed[str]):
    """A personal text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Cipher text for the server."""
        return cipher_of(dialect).encrypt(value, self.place) if value else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """The clear value."""
        return cipher_of(dialect).decrypt(value, self.place) if value else value


class PersonalBytes(_Sealed[bytes]):
    """Bytes with personal values in them (the platform's raw copy of an order)."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Cipher bytes for the server."""
        return cipher_of(dialect).encrypt_bytes(value, self.place) if value else value

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """The clear bytes."""
        return cipher_of(dialect).decrypt_bytes(value, self.place) if value else value


class PersonalJson(_Sealed[dict[str, Any]]):
    """A small record of personal values (an address): JSON in the file, cipher text of JSON on the server."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """JSON where nothing has to be hidden."""
        return dialect.type_descriptor(JSON()) if _is_file(dialect) else super().load_dialect_impl(dialect)

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        """Cipher text for the server."""
        if value is None:
            return None
        return cipher_of(dialect).encrypt(json.dumps(value, ensure_ascii=False), self.place)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        """The clear record."""
        if value is None:
            return None
        record: dict[str, Any] = json.loads(cipher_of(dialect).decrypt(value, self.place))
        return record


def _is_file(dialect: Dialect) -> bool:
    return dialect.name == "sqlite"


def cipher_of(dialect: Dialect) -> PersonalCipher:
    """The cipher that hangs on this dialect; an engine without one is a defect and raises."""
    cipher: PersonalCipher | None = getattr(dialect, "personal_cipher", None)
    if cipher is None:
        raise RuntimeError("this engine has no cipher for personal values")
    return cipher
