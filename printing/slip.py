"""A slip of our own on the label printer: a title, a code in bars, a large number, and lines to write on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slip:
    """What stands on a slip, in the clerk's words.

    Attributes:
        mark: what makes it another than the first, such as a copy's number; mostly empty.
        code: in bars and letters.
        large: what is read from afar, such as a count.
        facts: a line each, in order; what does not fit is left out from the end.
        blanks: captions of the lines to write on.
    """

    title: str
    code: str
    large: str
    facts: tuple[str, ...] = ()
    blanks: tuple[str, ...] = ()
    mark: str = ""
