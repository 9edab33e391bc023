"""Which print components run on this machine, and what each can print on."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from printing.components.client import LocalComponents
from printing.components.contract import ComponentPrinter, Components
from printing.components.dialects import DIALECTS
from printing.errors import NothingSent

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FoundComponent:
    """A running component."""

    dialect: str
    printers: Sequence[ComponentPrinter]


def find_components(components: Components | None = None) -> Sequence[FoundComponent]:
    """Every component that answers now; takes a few seconds at most where one hangs. None asks this machine's."""
    here = components or LocalComponents()
    found = []
    for dialect in DIALECTS:
        try:
            session = here.open(dialect)
        except NothingSent as error:
            _log.debug("no print component %s: %s", dialect, error.code)
            continue
        try:
            found.append(FoundComponent(dialect, session.printers()))
        except NothingSent as error:
            _log.info("the print component %s does not answer: %s", dialect, error.code)
        finally:
            session.close()
    return tuple(found)
