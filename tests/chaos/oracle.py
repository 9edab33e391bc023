"""What must be true at the end, from the shops' own state and the driver's plain counters alone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.chaos.centre import Centre, Seen
from tests.chaos.platforms import CODES, PLENTY, Played, Truth

_OPEN = frozenset({"to_review", "to_pack", "packing", "packed"})
_GONE = frozenset({"shipped", "completed"})


@dataclass(slots=True)
class Deeds:
    """What the clerk's hands did: (kind, order) -> number of the parcel that left; units that left by code."""

    shipped: dict[tuple[str, str], str] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it must be."""

    kind: str
    no: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind} {self.no}: {self.what}"


def difference(truth: Truth, seen: Seen | None, number: str) -> str:
    """How the centre's order differs from the platform's, blank where it does not; `number`: of our parcel that left."""
    if seen is None:
        return "" if not truth.is_told else "it is not here"
    if truth.is_told is False:
        return "it is here, and nobody was told of it"
    if truth.is_told is None:
        return ""
    pairs: dict[str, tuple[object, object]] = {"payment": (truth.payment, seen.payment)}
    if truth.is_cancelled:
        # Whether lines of what is over count as paid back each platform has its own view of.
        pairs["lines"] = ([line[:2] for line in truth.lines], [line[:2] for line in seen.lines])
    else:
        pairs |= {"after-sale": (truth.after_sale, seen.after_sale), "lines": (truth.lines, seen.lines)}
    if truth.amount_fen is not None:
        pairs["amount"] = (truth.amount_fen, seen.amount_fen)
    if truth.address is not None and seen.fulfilment in _OPEN:
        pairs["address"] = (truth.address, seen.address[-len(truth.address) :])
    if truth.seller_note is not None:
        pairs["note"] = (truth.seller_note, seen.seller_note)
    for what, (theirs, ours) in pairs.items():
        if theirs != ours:
            return f"{what} is {theirs} there and {ours} here"
    return _way(truth, seen, number)


def _way(truth: Truth, seen: Seen, number: str) -> str:
    """Where the goods are."""
    wanted = _OPEN
    if number:
        wanted = frozenset({"completed"}) if truth.is_done else _GONE
    elif truth.is_cancelled:
        wanted = frozenset({"cancelled"})
    elif truth.is_shipped:
        # Sent by somebody else: a person says so, unless we met it like that.
        wanted = _GONE if "shipped_elsewhere" not in seen.holds else _OPEN
    if seen.fulfilment not in wanted:
        return f"the goods should be {'/'.join(sorted(wanted))}, and are {seen.fulfilment} ({set(seen.holds)})"
    if truth.stopped and seen.fulfilment in _OPEN and "platform_stopped" not in seen.holds:
        return f"the platform keeps it back, and no hold says so ({set(seen.holds)})"
    return ""


def faults_of(centre: Centre, shops: list[Played], deeds: Deeds) -> list[Fault]:
    """Everything that is wrong, shop by shop."""
    found: list[Fault] = []
    unsettled = centre.unsettled()
    promised: Counter[str] = Counter()
    for shop in shops:
        numbers = list(shop.numbers())
        ours = centre.numbers(shop.kind)
        found += [Fault(shop.kind, no, f"{n} times here") for no, n in Counter(ours).items() if n > 1]
        found += [Fault(shop.kind, no, "the shop has no such order") for no in sorted(set(ours) - set(numbers))]
        seen = centre.seen(shop.kind, numbers)
        for no in numbers:
            truth, here = shop.truth(no), seen.get(no)
            number = deeds.shipped.get((shop.kind, no), "")
            what = difference(truth, here, number) or _telling(truth, here, number, unsettled)
            if what:
                found.append(Fault(shop.kind, no, what))
            # What nobody paid for is promised for a while only, and that is over.
            if here is not None and here.fulfilment in _OPEN and truth.payment != "unpaid":
                promised.update({code: qty for code, qty, state in truth.lines if state != "refunded"})
        found += _case_faults(centre, shop)
    return found + _stock_faults(centre, deeds, promised)


def _case_faults(centre: Centre, shop: Played) -> list[Fault]:
    theirs, ours = shop.cases(), centre.cases(shop.kind)
    return [
        Fault(shop.kind, no, f"its after-sale cases are {theirs.get(no)} there and {ours.get(no)} here")
        for no in sorted({*theirs, *ours})
        if theirs.get(no) != ours.get(no)
    ]


def _telling(truth: Truth, seen: Seen | None, number: str, unsettled: Mapping[int, str]) -> str:
    if not number or seen is None:
        return ""
    if truth.numbers.count(number) == 1 and truth.told_count == 1:
        return ""
    if truth.told_count > 1 or truth.numbers.count(number) > 1:
        return f"told {truth.told_count} times: {truth.numbers}"
    if seen.id in unsettled and (truth.is_cancelled or set(truth.numbers) - {number} or truth.after_sale != "none"):
        # The shop refused it for a reason of its own, and a person sees that.
        return ""
    return (
        f"number {number} was told {truth.told_count} times, the shop has {truth.numbers}: {unsettled.get(seen.id)}"
    )


def _stock_faults(centre: Centre, deeds: Deeds, promised: Counter[str]) -> list[Fault]:
    found = [Fault("stock", str(bad), "the movements do not sum up") for bad in centre.bad_sums()]
    for code, (on_hand, held) in centre.stock().items():
        if on_hand != PLENTY - deeds.left[code]:
            found.append(Fault("stock", code, f"{PLENTY - on_hand} left by the books, {deeds.left[code]} by hand"))
        if held != promised[code]:
            found.append(Fault("stock", code, f"{held} promised, {promised[code]} by the shops' open orders"))
    assert set(centre.stock()) == set(CODES)
    return found
