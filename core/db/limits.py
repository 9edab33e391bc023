"""Limits that an owner may change: what a watch measures against, for a whole rule or for one key of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, select

from core.db.models import Setting

#: setting: what the owner decided about a rule
RULE_SETTING: Final = "alerts.rule.{rule}"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limit of a rule, and of those keys that have one of their own."""

    usual: float
    own: Mapping[str, float] = field(default_factory=dict)

    def of(self, key: str) -> float:
        """The limit that counts for a key."""
        return self.own.get(key, self.usual)


def limits_of(connection: Connection, rule: str, usual: float) -> Limits:
    """What counts now for a rule; `usual` where nobody has decided anything."""
    query = select(Setting.value).where(Setting.name == RULE_SETTING.format(rule=rule))
    return limits_in(connection.execute(query).scalar_one_or_none(), usual)


def limits_in(value: Any, usual: float) -> Limits:
    """The limits within a rule's setting; whatever is no number counts as never said."""
    said = value.get("limits") if isinstance(value, dict) else None
    if not isinstance(said, dict):
        return Limits(usual)
    own = {str(key): float(limit) for key, limit in said.items() if _is_number(limit)}
    return Limits(own.pop("", usual), own)


def _is_number(limit: object) -> bool:
    return isinstance(limit, (int, float)) and not isinstance(limit, bool)
