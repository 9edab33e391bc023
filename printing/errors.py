"""What can go wrong between label content and paper, each with a stable code that the desktop translates."""

from collections.abc import Mapping


class PrintingError(Exception):
    """Something the world did, not a defect.

    `code` is stable and lower case with dots (`label.field_missing`); `facts` are plain values for the
    translated sentence and hold nothing personal. `str(error)` is an English sentence for logs and headless
    verbs.
    """

    def __init__(self, code: str, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.code = code
        self.facts: Mapping[str, object] = facts


class LabelContentError(PrintingError):
    """The content is no label: a missing or unknown field, a wrong type, a text far too long."""


class RenderError(PrintingError):
    """The label cannot be drawn: no Qt application, no such template, a number that does not fit."""


class ProfileError(PrintingError):
    """A printer's settings cannot be read or contradict themselves."""


class NothingSent(PrintingError):
    """The job failed before its first byte left: no paper can come of it, so trying again is safe."""


class PartlySent(PrintingError):
    """At least one byte left and the end is not certain: whether paper came out, only a person can say."""


class TaskFailed(PrintingError):
    """A print component says that no paper came out of what it was given; `facts` hold its cleaned `message`."""
