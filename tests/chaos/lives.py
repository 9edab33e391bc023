"""Life cycles of orders by chance: what buyer and owner do, and when."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

#: seconds between two acts of one life, and how often: some fall into one second, some are an hour apart
_GAPS = ((0.0, 15), (0.6, 15), (4.0, 20), (20.0, 25), (90.0, 18), (600.0, 7))

#: what happens to a paid order, and how often
_ENDS = (
    (("pack", "receive"), 34),
    (("pack",), 14),
    (("elsewhere", "receive"), 6),
    (("elsewhere",), 5),
    (("cancel",), 10),
    (("ask", "agree"), 6),
    (("ask", "withdraw", "pack"), 4),
    (("ask", "refuse", "pack", "receive"), 4),
    (("partial", "pack"), 8),
    (("pack", "receive", "ask", "agree"), 3),
    (("ask",), 2),
    ((), 4),
)
_ON_THE_WAY = (("address", 0.25), ("note", 0.15), ("stop", 0.1))
_ALWAYS = frozenset({"place", "pay", "pack"})
#: what happens only where something else can
_NEEDS = {"let_go": "stop", "agree": "ask"}
_UNPAID, _GIVEN_UP = 0.12, 0.5


@dataclass(frozen=True, slots=True)
class Step:
    """One act, `after_s` seconds after the one before; `place`, `pack` and `pay` among them."""

    after_s: float
    verb: str


def life(chance: random.Random, verbs: frozenset[str]) -> list[Step]:
    """One life of an order, `place` first; `verbs`: what can happen at its shop besides."""
    return [Step(_gap(chance), verb) for verb in _verbs(chance) if _NEEDS.get(verb, verb) in verbs | _ALWAYS]


def _verbs(chance: random.Random) -> Iterator[str]:
    yield "place"
    if chance.random() < _UNPAID:
        if chance.random() < _GIVEN_UP:
            yield "cancel"
        return
    if chance.random() < _ON_THE_WAY[0][1] / 2:
        yield "address"
    yield "pay"
    for verb, often in _ON_THE_WAY:
        if chance.random() < often:
            yield verb
            if verb == "stop":
                yield "let_go"
    ends, weights = zip(*_ENDS, strict=True)
    yield from chance.choices(ends, weights)[0]


def _gap(chance: random.Random) -> float:
    gaps, weights = zip(*_GAPS, strict=True)
    usual: float = chance.choices(gaps, weights)[0]
    return usual * chance.uniform(0.5, 1.5)
