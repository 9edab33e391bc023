"""More than anybody can look after at once: nothing is said to be over that only was not named."""

import pytest

from core.alerts import engine
from core.alerts.deciding import Seen, cut_off
from core.alerts.models import Alert
from core.alerts.records import RuleInfo, Watched
from core.runtime.standing import MOST, Severity, Standing

WARNING = Severity.WARNING


@pytest.fixture
def shop(file_shop):
    return file_shop


def of(numbers, rule="hand.one"):
    return [Standing(rule, f"order:{number}", WARNING) for number in numbers]


def named(standing, most=MOST):
    """What a watch names of these: the lowest ids."""
    return sorted(standing, key=lambda one: int(one.key.partition(":")[2]))[:most]


def test_what_is_pushed_out_of_a_full_list_is_not_over_and_what_left_it_is(shop):
    everything = of(range(101, 101 + MOST))
    shop.standing = named(everything)
    shop.round()
    everything += of([5])
    everything = [one for one in everything if one.key != "order:150"]
    shop.standing = named([*everything, *of([1000])])
    shop.after(minutes=5)
    over = [row.key for row in shop.rows(Alert.cleared_at.is_not(None))]
    assert over == ["order:150"]
    shop.standing = named(of([5, *range(101, 100 + MOST)]))  # 300 was pushed out, or is over: nobody knows
    shop.after(minutes=5)
    assert [row.key for row in shop.rows(Alert.cleared_at.is_not(None))] == ["order:150"]
    shop.standing = named(of([5]))
    shop.after(minutes=5)
    assert [row.key for row in shop.rows(Alert.cleared_at.is_(None))] == ["order:5"]


def test_a_watch_that_names_thousands_is_cut_by_the_lowest_numbers():
    kept, cut = cut_off([*of(range(5000, 0, -1)), *of([9], "hand.two"), Standing("hand.two", "all", WARNING)])
    assert [one.key for one in kept if one.rule == "hand.one"] == [f"order:{number}" for number in range(1, MOST + 1)]
    assert (cut, len(kept)) == ({"hand.one": MOST}, MOST + 2)
    seen = Seen(kept, frozenset({"hand.one", "hand.two"}), cut)
    assert seen.looked_at("hand.one", "order:7")
    assert not seen.looked_at("hand.one", f"order:{MOST + 1}")
    assert not seen.looked_at("hand.one", "all")
    assert seen.looked_at("hand.two", "order:8")
    assert not seen.looked_at("hand.three", "order:8")


def test_single_conditions_that_become_one_end_without_an_all_clear(shop):
    rules = (RuleInfo("hand.one", WARNING), RuleInfo("hand.many", WARNING, gathers=("hand.one",)))
    watched = [Watched("by hand", lambda *_: list(shop.standing), rules, 0.0)]
    program = shop.program("gathering", watched=watched)
    shop.standing = of(range(1, 4))
    shop.round(program)
    shop.standing = [Standing("hand.many", "all", WARNING, {"n": 500})]
    shop.clock.advance(seconds=5)
    shop.round(program)
    assert {row.cleared_why for row in shop.rows(Alert.rule == "hand.one")} == {"gathered"}
    assert "clear" not in [event for event, _ in shop.told()]
    assert [row.rule for row in shop.rows(Alert.cleared_at.is_(None))] == ["hand.many"]


def test_no_transaction_of_a_round_writes_more_than_its_share(shop, monkeypatch):
    monkeypatch.setattr(engine, "MOST_AT_ONCE", 5)
    shop.standing = of(range(1, 13))
    written = []
    stop = shop.main._store.subscribe(lambda changes: written.append(len(changes.tables.get("alert", ()))))
    shop.round()
    for facts in ({"n": 1}, {"n": 2}):
        shop.standing = [Standing(one.rule, one.key, WARNING, facts) for one in shop.standing]
        shop.after(minutes=1)
    shop.standing = []
    shop.after(minutes=4)
    stop()
    assert len(shop.rows(Alert.cleared_at.is_not(None))) == 12
    assert max(written) <= 2 * 5, written
