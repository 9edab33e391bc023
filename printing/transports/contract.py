"""What every transport offers, and what it says about a job it has taken."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

#: no printer's answer is longer; a wire that gives more gives something else
LONGEST_REPLY = 4096


@dataclass(frozen=True, slots=True)
class Receipt:
    """One job that went out completely.

    Attributes:
        sha256: of the bytes, in hex.
        is_confirmed: the paper is certain (a file, the virtual printer); False where the bytes were only
            handed on.
        bytes_file: path of the job's own file, empty without one.
        picture: path of the picture of its first paper, empty without one.
    """

    sha256: str
    is_confirmed: bool = False
    bytes_file: str = ""
    picture: str = ""


class Transport(Protocol):
    """One printer's wire. Used by one thread at a time."""

    @property
    def is_stream(self) -> bool:
        """Whether a job cut midway leaves the far end inside it: the next job needs recovery first."""
        ...

    def send(self, data: bytes, name: str) -> Receipt:
        """Hand over one whole job; `name` is a plain word for files and lists, nothing personal.

        Raises:
            NothingSent: it failed before the first byte left.
            PartlySent: it failed later, or the end is not certain.
        """
        ...

    def query(self, request: bytes, is_whole: Callable[[bytes], bool]) -> bytes | None:
        """Ask and wait a moment for an answer; `is_whole` knows when it has come.

        Returns:
            The answer up to the byte that made it whole, or None where the printer stays silent, does not end
            its answer, or the wire has no way back.

        Raises:
            NothingSent: the printer cannot be reached at all.
        """
        ...


@runtime_checkable
class SensesPaper(Protocol):
    """A wire that knows of the paper by itself, where the printer's language gets no answer."""

    def paper_is_out(self) -> bool | None:
        """Whether the paper is out; None where nothing is known.

        Raises:
            NothingSent: the printer cannot be reached at all.
        """
        ...


def digest(data: bytes) -> str:
    """The SHA-256 of a job in hex, which is kept instead of the bytes."""
    return hashlib.sha256(data).hexdigest()
