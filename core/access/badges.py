"""Badges: a code in a bar code that signs somebody in."""

import secrets

#: begins like the desk's commands, so that no badge can be mistaken for goods; see `desktop.commands`
PREFIX = "PD-ID-"
#: 80 random bits; digits, because Code 128 packs two of them into one sign and a label is narrow
_DIGITS = 24


def new_badge() -> str:
    """A code that nobody has and nobody can guess."""
    return f"{PREFIX}{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"


def is_badge_like(raw: str) -> bool:
    """Whether a scanned text wants to be a badge: it is looked up nowhere else and stored nowhere."""
    return raw.strip().upper().startswith(PREFIX)


def plain_badge(raw: str) -> str:
    """A scanned badge as it was made: scanners may change the case."""
    return raw.strip().upper()
