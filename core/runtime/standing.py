"""Something that is not as it should be, at this moment. Whoever watches compares what stands now with what stood."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection

#: so many of one rule a watch names at most, those with the lowest ids; of what lies beyond nobody knows
MOST: Final = 200


class Severity(StrEnum):
    """How pressing it is."""

    #: worth knowing at the next look
    NOTICE = "notice"
    #: somebody has to do something today
    WARNING = "warning"
    #: goods or money are being lost now
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Standing:
    """One condition that holds now. The same rule and key is the same condition for as long as it is reported.

    Attributes:
        rule: what kind of condition, for example `stock.low`; the words a person reads hang on it.
        key: what it is about, for example `sku:12` or `shop:3`; where there may be many, its number ends it.
        severity: how pressing it is now; it may rise while the condition stands.
        facts: plain values for the words; nothing personal.
    """

    rule: str
    key: str
    severity: Severity
    facts: Mapping[str, Any] = field(default_factory=dict)


#: looks at the records as they are at one time, and names what stands; cheap, because it runs every few seconds
Watch = Callable[[Connection, datetime], Sequence[Standing]]
