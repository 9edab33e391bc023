"""A slip of our own on the label printer: a title, a code in bars, something large, lines to read and to write on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slip:
    """What stands on a slip, in the clerk's words; nothing personal, it lies about in the open.

    Attributes:
        mark: what makes it another than the first, such as a copy's number; mostly empty.
        code: in bars and letters.
        large: what is read from afar, such as a count.
        facts: a line each, in order; those that do not fit give way to `more`.
        more: says that there are further lines; empty leaves them out in silence.
        foot: lines that always stand, below the facts.
        blanks: captions of the lines to write on.
    """

    title: str
    code: str
    large: str
    facts: tuple[str, ...] = ()
    blanks: tuple[str, ...] = ()
    mark: str = ""
    more: str = ""
    foot: tuple[str, ...] = ()
