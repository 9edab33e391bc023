"""Sales small enough for many of them."""

from dataclasses import replace
from typing import Any

import pytest

from core.practice.drill.records import Plan, Trouble

#: an hour, thirty units, seventy buyers: plays in a fraction of a second
SMALL = Plan(stock=30, demand=70, minutes=60, lag_s=240)
#: everything at once
WILD = Trouble(
    lost_before=0.1, lost_after=0.1, overtaken=0.1, repeated=0.2, disordered=0.4, cancelled=0.1, unpaid=0.05
)


@pytest.fixture
def small() -> Plan:
    return SMALL


def with_trouble(plan: Plan, **trouble: Any) -> Plan:
    return replace(plan, trouble=replace(plan.trouble, **trouble))
