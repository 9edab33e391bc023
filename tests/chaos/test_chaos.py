"""P2 under message chaos: every order once and as its shop has it, every parcel told once, whatever the wire does."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.db import outbox
from core.db.outbox import Claim
from core.sync.delivering import Deliverer, Failure
from tests.chaos.story import Outcome, Plan, play

pytestmark = pytest.mark.race


def told(outcome: Outcome, seed: int) -> str:
    """What a person needs to play it again."""
    first = outcome.faults[0] if outcome.faults else ""
    return f"python -m tests.chaos --seed {seed}: {len(outcome.faults)} differences, the first: {first}"


def test_all_shops_end_as_they_are_there_though_the_pulling_program_is_killed(tmp_path: Path) -> None:
    plan = Plan(lives=104, seed=11, kills=1)

    outcome = play(plan, tmp_path)

    assert not outcome.faults, told(outcome, plan.seed)
    assert outcome.kills == 1
    for kind, figures in outcome.figures.items():
        assert (figures.lives, figures.acts > 20, figures.pulls > 20) == (13, True, True), kind
    everywhere = outcome.figures.values()
    for name in ("troubled", "late", "doubled", "shipped", "failed_pulls"):
        assert sum(getattr(figures, name) for figures in everywhere) > 10, f"no chaos at all: {name}"


def _without_overlap(channel: Any) -> Any:
    channel.capabilities = replace(channel.capabilities, overlap_s=0)
    return channel


def test_twin_without_the_overlap_orders_that_are_listed_late_are_missed_and_it_is_seen(tmp_path: Path) -> None:
    # Without a kill and with a wire that holds, so that nothing but the lateness is left.
    outcome = play(Plan(lives=30, seed=11, kinds=("mall",)), tmp_path, _without_overlap)

    assert "it is not here" in {fault.what for fault in outcome.faults}


def test_twin_where_a_failed_delivery_is_given_up_a_parcel_is_never_told_and_it_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(deliverer: Any, claim: Claim, _failure: Failure) -> None:
        deliverer._store.write(lambda uow: outbox.done(uow, claim))

    monkeypatch.setattr(Deliverer, "_fail", give_up)

    outcome = play(Plan(lives=24, seed=11, kinds=("pdd",)), tmp_path)

    assert any("was told 0 times" in fault.what for fault in outcome.faults)
