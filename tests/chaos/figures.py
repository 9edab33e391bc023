"""How long it took from a platform to the screen, and what it cost, shop by shop."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Figures:
    """What one kind of shop took.

    Attributes:
        act_s: virtual seconds from each act there until the centre's order says the same.
        told_s: the same from the moment the platform's lists tell it at the earliest.
    """

    lives: int = 0
    acts: int = 0
    refused: int = 0
    pulls: int = 0
    failed_pulls: int = 0
    calls: int = 0
    troubled: int = 0
    shipped: int = 0
    late: int = 0
    doubled: int = 0
    act_s: list[float] = field(default_factory=list)
    told_s: list[float] = field(default_factory=list)
    #: why parcels did not leave: verdict -> how often
    verdicts: Counter[str] = field(default_factory=Counter)


_HEAD = (
    "shop         lives    acts  calls   bad  pulls failed shipped  late twice"
    "   act->screen p50/p99/worst s   told->screen p50/p99/worst s"
)


def table(figures: dict[str, Figures]) -> str:
    """One line a shop."""
    return "\n".join([_HEAD, *(_line(kind, one) for kind, one in figures.items())])


def _line(kind: str, one: Figures) -> str:
    counts = f"{kind:12}{one.lives:6}{one.acts:8}{one.calls:7}{one.troubled:6}{one.pulls:7}{one.failed_pulls:7}"
    more = f"{one.shipped:8}{one.late:6}{one.doubled:6}"
    return f"{counts}{more}   {_three(one.act_s):>27}   {_three(one.told_s):>28}"


def _three(seconds: Sequence[float]) -> str:
    if not seconds:
        return "-"
    return f"{quantile(seconds, 0.5):.1f} / {quantile(seconds, 0.99):.1f} / {max(seconds):.1f}"


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which `part` of all lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
