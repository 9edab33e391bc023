"""How far the first start of a desk has come: kept in `welcome.json` in the data folder until all steps are through.

The file is made before the database, so that a first start which is cut off goes on where it stood; a folder that
was in use before has none and never sees the steps. Nothing personal stands in it.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

FILE_NAME: Final = "welcome.json"
#: each of these is there from the first start on, whatever database the desk works with
_TRACES: Final = ("packdesk.db", "desk-id.json", "desk.json")


class Scope(StrEnum):
    """Whose first start it is."""

    #: nobody has looked yet
    UNKNOWN = ""
    #: nobody has worked with this database before
    SHOP = "shop"
    #: the shop is there; this is one more desk
    DESK = "desk"
    #: somebody goes through the steps once more
    AGAIN = "again"


class Source(StrEnum):
    """Where the first orders come from."""

    NONE = ""
    PRACTICE = "practice"
    OWN = "own"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class FirstStart:
    """Where it stands.

    Attributes:
        step: the step to go on with, empty for the first.
        outcomes: step -> `done` or `skipped`, of those that are behind.
    """

    scope: Scope = Scope.UNKNOWN
    step: str = ""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    source: Source = Source.NONE


def is_new_folder(folder: Path) -> bool:
    """Whether no desk has ever worked in this data folder."""
    return not any((folder / name).exists() for name in _TRACES)


def language_of(system: str) -> str:
    """The language to begin with, by the system's (`zh_CN`, `de_DE`; `C` says nothing)."""
    return "zh_CN" if system.startswith("zh") or system in {"", "C"} else "en"


class FirstStartFile:
    """Reads and writes it; a file nobody can read any more begins with the first step."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def read(self) -> FirstStart | None:
        """Where it stands, None where it is over or never was."""
        try:
            body = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError):
            return FirstStart()
        return _from(body) if isinstance(body, dict) else FirstStart()

    def keep(self, state: FirstStart) -> None:
        """Write where it stands, in one step.

        Raises:
            OSError: the file cannot be written.
        """
        body = {
            "scope": state.scope.value,
            "step": state.step,
            "outcomes": dict(state.outcomes),
            "source": state.source.value,
        }
        beside = self._path.with_suffix(".new")
        with beside.open("w", encoding="utf-8") as file:
            json.dump(body, file, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)

    def end(self) -> None:
        """All steps are through."""
        self._path.unlink(missing_ok=True)


def _from(body: dict[str, Any]) -> FirstStart:
    outcomes = body.get("outcomes")
    return FirstStart(
        _one_of(Scope, body.get("scope"), Scope.UNKNOWN),
        str(body.get("step", "")),
        {str(step): str(what) for step, what in outcomes.items()} if isinstance(outcomes, dict) else {},
        _one_of(Source, body.get("source"), Source.NONE),
    )


def _one_of(kind: Any, value: object, otherwise: Any) -> Any:
    return kind(value) if value in set(kind) else otherwise
