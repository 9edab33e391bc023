"""The recovery code: 160 random bits that a person can write down, read out and type again."""

import secrets
import unicodedata

from core.runtime.errors import Refused

#: Crockford's alphabet: no I, L, O, U
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)} | {"O": 0, "I": 1, "L": 1}
GROUPS = 8
GROUP_LENGTH = 5
_FIELD = 0b100101  # x^5 + x^2 + 1 makes the 32 values a field


def new_recovery_code() -> str:
    """Eight groups of five characters joined by `-`; the fifth of each group checks the other four."""
    groups = []
    for position in range(GROUPS):
        values = [secrets.randbelow(32) for _ in range(GROUP_LENGTH - 1)]
        groups.append("".join(_ALPHABET[value] for value in (*values, _check(position, values))))
    return "-".join(groups)


def read_recovery_code(text: str) -> str:
    """The code in its one spelling, from whatever a person typed (spaces, small letters, full-width, O for 0).

    Raises:
        Refused: `key.code_length` (facts `groups`, `length`), or `key.code_typo` with the numbers of the wrong groups
            (from 1) in `groups`.
    """
    pieces = _groups(text)
    wrong = [number for number, piece in enumerate(pieces, 1) if not _is_right(number - 1, piece)]
    if wrong:
        named = ", ".join(str(number) for number in wrong)
        raise Refused("key.code_typo", f"the recovery code has a typing mistake in group {named}", groups=wrong)
    return "-".join("".join(_ALPHABET[_VALUES[letter]] for letter in piece) for piece in pieces)


def _groups(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).upper()
    letters = "".join(letter if letter.isalnum() else " " for letter in plain)
    typed = letters.split()
    if len(typed) == GROUPS:
        return typed
    joined = "".join(typed)
    if len(joined) != GROUPS * GROUP_LENGTH:
        raise Refused(
            "key.code_length",
            f"the recovery code has {GROUPS * GROUP_LENGTH} characters ({GROUPS} groups of {GROUP_LENGTH});"
            f" {len(joined)} were typed",
            groups=GROUPS,
            length=len(joined),
        )
    return [joined[start : start + GROUP_LENGTH] for start in range(0, len(joined), GROUP_LENGTH)]


def _is_right(position: int, piece: str) -> bool:
    if len(piece) != GROUP_LENGTH or any(letter not in _VALUES for letter in piece):
        return False
    *values, check = (_VALUES[letter] for letter in piece)
    return check == _check(position, values)


def _check(position: int, values: list[int]) -> int:
    """Weighted sum over the field of 32: any one wrong character, two swapped ones and swapped groups show."""
    weight, total = 1, 0
    for value in (position, *values):
        weight = _times(weight, 2)
        total ^= _times(weight, value)
    return total


def _times(left: int, right: int) -> int:
    product = 0
    while right:
        if right & 1:
            product ^= left
        left <<= 1
        if left & 32:
            left ^= _FIELD
        right >>= 1
    return product
