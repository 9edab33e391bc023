"""Which programs are awake, and whose silence is told."""

from core.runtime.standing import Severity
from core.sync.presence import SILENT, beat, forget, node_silent, nodes, set_always_on


def silent(world):
    at = world.clock.now()
    return [(one.key, dict(one.facts)) for one in world.store.read(lambda connection: node_silent(connection, at))]


def rows(world):
    return world.store.read(lambda connection: nodes(connection, world.clock.now()))


def say(world, node):
    world.do(lambda uow: beat(uow, node))


def test_who_was_to_be_always_on_is_missed_and_a_window_that_was_closed_is_not(world):
    say(world, "nas:1/serve")
    say(world, "pc:2/window")
    world.do(lambda uow: set_always_on(uow, "nas:1/serve", "NAS", is_always_on=True))
    assert [(row.node, row.kind, row.is_always_on) for row in rows(world)] == [
        ("nas:1/serve", "serve", True),
        ("pc:2/window", "window", False),
    ]
    world.clock.advance(minutes=5)
    assert silent(world) == []
    world.clock.advance(seconds=61)
    assert silent(world) == [("node:nas:1/serve", {"desk": "NAS", "minutes": 6})]
    found = world.store.read(lambda connection: node_silent(connection, world.clock.now()))
    assert (found[0].rule, found[0].severity) == (SILENT, Severity.CRITICAL)
    say(world, "nas:1/serve")
    assert silent(world) == []


def test_its_word_reaches_the_pages_when_it_comes_back_and_not_at_every_beat(world):
    heard = []
    world.store.subscribe(lambda changes: heard.append(changes.touches("node")))
    for seconds in (0, 60, 60, 400):
        world.clock.advance(seconds=seconds)
        say(world, "nas:1/serve")
    assert heard == [True, False, False, True]


def test_what_is_gone_for_good_is_taken_out_and_told_no_more(world):
    say(world, "nas:1/serve")
    world.do(lambda uow: set_always_on(uow, "nas:1/serve", "NAS", is_always_on=True))
    world.clock.advance(days=1)
    assert silent(world)
    world.do(lambda uow: forget(uow, "nas:1/serve"))
    assert (silent(world), rows(world)) == ([], [])
    say(world, "nas:1/serve")
    assert [row.is_always_on for row in rows(world)] == [False]


def test_a_window_is_listed_for_a_week(world):
    say(world, "pc:2/window")
    world.clock.advance(days=8)
    assert rows(world) == []
