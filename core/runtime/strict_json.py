"""JSON from outside, read strictly: what could silently lose or change data is refused."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NoReturn

_REPLACEMENT = "\ufffd"


class StrictJsonError(ValueError):
    """The bytes are not one well-formed JSON object, or array where one was asked for.

    `is_cut` says that the text looks like the head of one.

    The message names the fault only, never the text: it may be personal.
    """

    def __init__(self, fault: str, *, is_cut: bool = False) -> None:
        super().__init__(fault)
        self.is_cut = is_cut


def object_from_bytes(body: bytes) -> Mapping[str, object]:
    """The JSON object in `body` (UTF-8).

    An object is demanded at the top because nothing shorter than the whole of it is valid: a cut `123` would
    pass as `12`. Lone surrogates and NUL in strings become U+FFFD, since no database takes them and one
    broken emoji must not hold up a shop.

    Raises:
        StrictJsonError: empty, cut, not UTF-8, not an object, a key twice, NaN or Infinity, a number that a
            float would change (a 20-digit id written as 1.2E19), or nested too deeply.
    """
    text, value = _read(body, "{", "}")
    if not isinstance(value, dict):
        raise StrictJsonError("not a JSON object")
    return _cleaned_object(value) if "\\u" in text else value


def array_from_bytes(body: bytes) -> Sequence[object]:
    """The JSON array in `body`, read as strictly: of it too nothing shorter than the whole is valid.

    Raises:
        StrictJsonError: as `object_from_bytes`; not an array.
    """
    text, value = _read(body, "[", "]")
    if not isinstance(value, list):
        raise StrictJsonError("not a JSON array")
    return [_cleaned(item) for item in value] if "\\u" in text else value


def _read(body: bytes, first: str, last: str) -> tuple[str, object]:
    text = _decoded(body, first)
    try:
        value: object = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_exact_float
        )
    except StrictJsonError:
        raise
    except RecursionError:
        raise StrictJsonError("nested too deeply") from None
    except ValueError:
        is_cut = text.startswith(first) and not text.endswith(last)
        raise StrictJsonError("cut off" if is_cut else "not JSON", is_cut=is_cut) from None
    return text, value


def _decoded(body: bytes, first: str) -> str:
    try:
        text = body.decode("utf-8-sig").strip(" \t\r\n")
    except UnicodeDecodeError as error:
        # a body cut inside a character ends in an unfinished sequence
        is_cut = error.end == len(body) and body.startswith(first.encode())
        raise StrictJsonError("not UTF-8", is_cut=is_cut) from None
    if not text:
        raise StrictJsonError("empty", is_cut=True)
    return text


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    seen = dict(pairs)
    if len(seen) != len(pairs):
        raise StrictJsonError("a key stands twice in one object")
    return seen


def _no_constant(_word: str) -> NoReturn:
    raise StrictJsonError("NaN or Infinity")


def _exact_float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")) or Decimal(repr(value)) != Decimal(text):
        raise StrictJsonError("a number that would lose digits")
    return value


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        if "\0" in value or not value.isascii():
            value = value.replace("\0", _REPLACEMENT)
            return "".join(_REPLACEMENT if "\ud800" <= char <= "\udfff" else char for char in value)
        return value
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return _cleaned_object(value)
    return value


def _cleaned_object(value: Mapping[str, object]) -> dict[str, object]:
    return {str(_cleaned(key)): _cleaned(item) for key, item in value.items()}
