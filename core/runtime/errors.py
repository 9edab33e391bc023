"""Errors that are expected: each has a stable code, and the clerk gets a sentence and a way out.

Anything that is not a `DomainError` is our bug: it stops that operation and is reported with an id.
"""

from collections.abc import Mapping


class DomainError(Exception):
    """Something the world did, not a defect.

    `code` is stable and lower case with dots (`stock.short`, `parcel.taken`); the desktop translates it, filling in
    `facts` (plain values, nothing personal). `str(error)` is an English sentence for logs and headless verbs.
    """

    def __init__(self, code: str, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.code = code
        self.facts: Mapping[str, object] = facts


class Refused(DomainError):
    """The rules say no, and nothing has changed."""


class NotFound(DomainError):
    """What was asked for does not exist."""


class Unavailable(DomainError):
    """Something outside (network, disk, keyring, database server) does not answer; trying later may help."""
