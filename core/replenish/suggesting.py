"""How much to order, and why: a pure function of what is here, what comes, what sells, and how it is bought."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil


class Why(StrEnum):
    """What is said about goods, the most pressing first."""

    #: paid orders wait for it
    SHORT = "short"
    #: nothing is left, and it sells
    GONE = "gone"
    #: it will be gone before more can be here
    LOW = "low"
    #: it does not sell; somebody wants a safety stock of it all the same
    SAFETY = "safety"
    #: would be low, but enough is ordered
    COMING = "coming"
    ENOUGH = "enough"
    NO_SALES = "no_sales"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a SKU in one warehouse, in units.

    Attributes:
        sold_qty: wanted by paid orders over `counted_days`.
        counted_days: days on which it could be bought; `out_days` besides, on which nothing was there, say nothing.
        available_qty: may be promised still; goods past their last day and blocked ones do not count.
        coming_qty: ordered, on the road, or waiting for its shelf.
        drafted_qty: on drafts of purchases that are not sent yet.
        short_qty: paid orders wait for so many.
        safety_qty: is to stay here.
    """

    sold_qty: int
    counted_days: int
    out_days: int = 0
    available_qty: int = 0
    coming_qty: int = 0
    drafted_qty: int = 0
    short_qty: int = 0
    safety_qty: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """How it is bought.

    Attributes:
        lead_days: from the order until the goods are here.
        cover_days: so long a delivery should last.
        pack_qty: units of a box; only whole boxes are ordered.
        min_qty: fewer are not sold to us.
        boost_percent: of the sales of late that are expected (a promotion); 100: the same.
    """

    lead_days: int
    cover_days: int
    pack_qty: int = 1
    min_qty: int = 0
    boost_percent: int = 100


@dataclass(frozen=True, slots=True)
class Suggestion:
    """So many units, and why.

    Attributes:
        qty: 0: nothing is to be ordered.
        per_day: expected sales, units a day.
        cover_days: whole days that what is here lasts; None where nothing sells.
        spare_days: days until it has to be ordered; negative: too late by so many. None where nothing sells.
    """

    qty: int
    why: Why
    per_day: Fraction
    cover_days: int | None
    spare_days: int | None


def suggest(have: Situation, terms: Terms) -> Suggestion:
    """What to order now. Nothing while what is here and comes lasts longer than the supplier takes."""
    per_day = _per_day(have, terms)
    here = have.available_qty - have.short_qty
    position = here + have.coming_qty + have.drafted_qty
    if not per_day:
        lacks = max(have.safety_qty - position, 0)
        return Suggestion(_lots(lacks, terms), _why_still(have, lacks), per_day, None, None)
    cover = max(here, 0) // per_day
    spare = (position - have.safety_qty) // per_day - terms.lead_days
    if position - have.safety_qty >= per_day * terms.lead_days:
        is_low = here - have.safety_qty < per_day * terms.lead_days
        why = Why.COMING if is_low else Why.ENOUGH
        return Suggestion(0, why, per_day, cover, max(spare, 0))
    wanted = ceil(per_day * (terms.lead_days + terms.cover_days)) + have.safety_qty - position
    why = Why.SHORT if have.short_qty else Why.GONE if here <= 0 else Why.LOW
    return Suggestion(_lots(wanted, terms), why, per_day, cover, spare)


def _per_day(have: Situation, terms: Terms) -> Fraction:
    if have.counted_days < 1:
        return Fraction(0)
    return Fraction(have.sold_qty * terms.boost_percent, have.counted_days * 100)


def _why_still(have: Situation, lacks: int) -> Why:
    if have.short_qty > have.coming_qty + have.drafted_qty + have.available_qty:
        return Why.SHORT
    return Why.SAFETY if lacks else Why.NO_SALES


def _lots(qty: int, terms: Terms) -> int:
    """The same in whole boxes, no less than the supplier sells."""
    return 0 if qty <= 0 else -(-max(qty, terms.min_qty) // terms.pack_qty) * terms.pack_qty
