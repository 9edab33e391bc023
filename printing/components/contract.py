"""What the spooler needs from a print component, whatever its dialect."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from printing.components.content import Document


@dataclass(frozen=True, slots=True)
class ComponentPrinter:
    """A printer as a component knows it: by the name of its queue in the system."""

    name: str
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Task:
    """What a component is asked to print.

    Attributes:
        task_id: never given to a component twice: it refuses one it knows, which is a second guard.
        printer: the queue's name.
        documents: one page each.
    """

    task_id: str
    printer: str
    documents: Sequence[Document] = field(repr=False)


class TaskState(Enum):
    """How far a task has come, in the component's own words."""

    #: the reply to `print`: the component will try
    ACCEPTED = "accepted"
    RENDERED = "rendered"
    #: only this says that the paper is out
    PRINTED = "printed"


class Session(Protocol):
    """An open line to a component, for one task. Used by one thread."""

    def printers(self) -> Sequence[ComponentPrinter]:
        """What it can print on.

        Raises:
            NothingSent: `component.silent`, `component.closed`, `component.garbled`.
        """
        ...

    def print(self, task: Task) -> None:
        """Hand over a task; its fate comes from `follow`.

        Raises:
            NothingSent: the line had broken before the first byte.
            PartlySent: it broke later.
        """
        ...

    def follow(self, timeout_s: float) -> TaskState | None:
        """Wait for the next word about the task; None where none came in time.

        Raises:
            TaskFailed: `component.refused`, `component.failed`: the component says that no paper came out.
            PartlySent: the line broke, or some pages of several failed: whether paper came out is not known.
        """
        ...

    def close(self) -> None:
        """Hang up; never raises."""
        ...


class Components(Protocol):
    """The components of this machine."""

    @property
    def patience_s(self) -> float:
        """How long a task may take before its fate counts as unknown."""
        ...

    def open(self, dialect: str) -> Session:
        """Call a component; one that was started again since is found like any other.

        Raises:
            NothingSent: `component.absent`, it does not run; `component.garbled`, something else answers there.
        """
        ...
