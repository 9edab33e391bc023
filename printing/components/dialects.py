"""How each platform's print component differs from the others: data, no code.

Cainiao's protocol came first and the others copied it, with other ports and a few other words. None of these programs
was at hand; the words are those of the platforms' published interfaces.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Dialect:
    """One platform's component.

    Attributes:
        key: how jobs and settings name it.
        port: where it listens on this machine, without TLS.
        result_commands: what it calls its word on a task; newer and older versions differ.
        document_command: its word on one document, where a code other than 0 says that it cannot be drawn; empty
            where there is none.
        template_key: how print data names its template.
        custom_template_key: how a custom area names its template.
    """

    key: str
    port: int
    result_commands: frozenset[str]
    document_command: str = ""
    template_key: str = "templateURL"
    custom_template_key: str = "templateURL"


CAINIAO = Dialect(
    key="cainiao",
    port=13528,
    result_commands=frozenset({"notifyPrintResult"}),
    document_command="notifyDocResult",
)
PDD = Dialect(
    key="pdd",
    port=5000,
    result_commands=frozenset({"PrintResultNotify", "notifyPrintResult"}),
    template_key="templateUrl",
)

DIALECTS: Mapping[str, Dialect] = MappingProxyType({dialect.key: dialect for dialect in (CAINIAO, PDD)})
