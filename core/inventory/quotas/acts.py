"""Acts upon a platform's number: asked, said, answered.

The pool gives first and takes last: a grant stands before the platform hears of it, a withdrawal only as far as the
platform confirmed it. Whatever is not known stays with the platform until its number has been read (`settling`).
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, case, select, text, update

from core.channels.models import Shop
from core.channels.stock_contract import ListedStock
from core.db.unit_of_work import UnitOfWork
from core.inventory.levels import Delta, apply
from core.inventory.pausing import stops_of
from core.inventory.quotas.book import OwnQuota, QuotaBook, parts_of
from core.inventory.quotas.covering import Free, lock_for
from core.inventory.quotas.models import Quota, SkuPlan, StockAct
from core.inventory.quotas.safety import safety_of
from core.inventory.quotas.states import IS_OPEN, OPEN, ActKind, ActState, Mode
from core.inventory.shelves import day_of
from core.runtime.errors import NotFound, Refused
from core.runtime.ids import LevelId

#: outbox kind
STOCK_ACT: Final = "stock.act"
#: how the lanes of its rows begin
STOCK_LANES: Final = "stock:"
#: the reasons of what a stopped sale asks for, also where the link would not go off sale, a capped one, and one that
#: goes on
STOPPED: Final = "stopped"
EMPTIED: Final = "emptied"
CAPPED: Final = "capped"
RESUMED: Final = "resume"
#: how long a refused act is not tried again, and one that a promotion stands against
RETRY_S: Final = 60.0
LOCK_S: Final = 4 * 3600.0
#: longer than a call whose answer was lost can still be on its way
IN_FLIGHT_S: Final = 30.0
#: how soon a number is read again that settled nothing
LOOK_S: Final = 10.0
_ERROR_LENGTH: Final = 300


def lane_of(shop_id: int) -> str:
    """The outbox lane of a shop's numbers: its own, so that no shipment waits behind them and they behind none."""
    return f"{STOCK_LANES}{shop_id}"


@dataclass(frozen=True, slots=True)
class Begun:
    """An act that is about to be said, with what the platform needs to know.

    Attributes:
        was_said: it may have been said before by a program that did not live to store the answer.
        is_paused: the link is off sale because of us.
        no_pause: it would not go off sale, and nothing shall be tried that needs it to.
    """

    act_id: int
    quota_id: int
    shop_id: int
    listing_id: int | None
    kind: ActKind
    state: ActState
    qty: int
    step: str
    target_qty: int | None
    key: str
    was_said: bool
    sent_at: datetime
    listed_version: int | None
    is_paused: bool
    no_pause: bool = False


def open_quota(
    uow: UnitOfWork,
    shop_id: int,
    sku_id: int,
    *,
    listing_id: int | None,
    cancelled_unit: str,
    is_counted: bool,
) -> int:
    """The quota of a shop's SKU, made where there is none, brought to these facts; gives its id."""
    facts = {"listing_id": listing_id, "cancelled_unit": cancelled_unit, "is_counted": is_counted}
    query = select(Quota.id, Quota.listing_id, Quota.cancelled_unit, Quota.is_counted)
    row = uow.execute(query.where(Quota.shop_id == shop_id, Quota.sku_id == sku_id)).one_or_none()
    if row is None:
        quota_id = uow.insert(Quota, {"shop_id": shop_id, "sku_id": sku_id, **_ZEROS, **facts})
        uow.record("quota.opened", "quota", quota_id, shop_id=shop_id, sku_id=sku_id)
        return quota_id
    if (row.listing_id, row.cancelled_unit, row.is_counted) != tuple(facts.values()):
        # What was counted nowhere in between cannot be known: the platform's number is taken over anew.
        anew = {"adopted_at": None} if is_counted and not row.is_counted else {}
        uow.execute(update(Quota).where(Quota.id == row.id).values(**facts, **anew))
        uow.changed("quota", row.id)
    return int(row.id)


_ZEROS: Final = dict.fromkeys(
    ("granted_qty", "withdrawn_qty", "sold_qty", "restored_qty", "overdrawn_qty", "slack_qty"), 0
)


# --- asking ---------------------------------------------------------------------------------------------------------


def grant(uow: UnitOfWork, quota_id: int, qty: int, reason: str, *, delay_s: float = 0) -> int:
    """Give a shop the right to sell `qty` more: taken from the pool above safety now, told to the platform after.

    Raises:
        Refused: `quota.pool_short`, the pool has less; `quota.busy`; `quota.not_adopted`, what the platform may sell
            already is not known yet; `quota.drift`, a difference waits for somebody's decision; `quota.stopped`, the
            sale is stopped there.
        NotFound: `quota.unknown`.
    """
    book, quota, levels = _locked(uow, quota_id)
    _expect_free(uow, quota_id, needs_peace=True)
    if holds(uow.connection, quota.shop_id, quota.sku_id, quota.parts):
        raise Refused("quota.stopped", "the sale is stopped at this shop")
    if quota.adopted_at is None:
        raise Refused("quota.not_adopted", "what the platform may sell already is not known yet")
    free = Free(levels, {}, day_of(uow.now))
    safety = safety_of(uow.connection, quota.parts)
    have = free.for_quota(quota, safety)
    if qty < 1 or have < qty:
        raise Refused("quota.pool_short", f"the pool has {have}, not {qty}", qty=qty, available_qty=have)
    quota.granted += qty
    _take_cover(book, quota, free, qty)
    write_book(uow, book)
    return _ask(uow, quota, ActKind.GRANT, qty, reason, delay_s)


def withdraw(uow: UnitOfWork, quota_id: int, qty: int, reason: str, *, delay_s: float = 0) -> int:
    """Ask a platform for `qty` units back, at most its right; nothing is ours before it said so.

    Raises:
        Refused: `quota.nothing_left`, `quota.busy`.
        NotFound: `quota.unknown`.
    """
    _, quota, _ = _locked(uow, quota_id)
    _expect_free(uow, quota_id)
    units = min(qty, quota.right)
    if units < 1:
        raise Refused("quota.nothing_left", "the shop has no right left that could be withdrawn")
    return _ask(uow, quota, ActKind.WITHDRAW, units, reason, delay_s)


def mend(uow: UnitOfWork, quota_id: int, reason: str) -> int:
    """Bring the platform's number back to our right, as somebody decided; the right itself stays.

    Raises:
        Refused: `quota.no_drift`, `quota.busy`.
        NotFound: `quota.unknown`.
    """
    _, quota, _ = _locked(uow, quota_id)
    _expect_free(uow, quota_id)
    drift = uow.execute(select(Quota.drift_qty).where(Quota.id == quota_id)).scalar_one()
    if not drift:
        raise Refused("quota.no_drift", "the platform's number agrees with ours")
    return _ask(uow, quota, ActKind.MEND, -drift, reason, 0)


def ask_number(uow: UnitOfWork, quota_id: int, reason: str, *, delay_s: float = 0) -> int:
    """Have the platform's number read.

    Raises:
        Refused: `quota.busy`.
        NotFound: `quota.unknown`.
    """
    _, quota, _ = _locked(uow, quota_id)
    _expect_free(uow, quota_id)
    return _ask(uow, quota, ActKind.READ, 0, reason, delay_s)


def pause(uow: UnitOfWork, quota_id: int, reason: str) -> int:
    """Have a link taken off sale until `resume`; only where the platform can do that to a single link.

    Raises:
        Refused: `quota.busy`.
        NotFound: `quota.unknown`.
    """
    _, quota, _ = _locked(uow, quota_id)
    _expect_free(uow, quota_id)
    return _ask(uow, quota, ActKind.PAUSE, 0, reason, 0)


def resume(uow: UnitOfWork, quota_id: int, reason: str) -> int:
    """Have a link put back on sale that is off sale because of us.

    Raises:
        Refused: `quota.busy`.
        NotFound: `quota.unknown`.
    """
    _, quota, _ = _locked(uow, quota_id)
    _expect_free(uow, quota_id)
    return _ask(uow, quota, ActKind.RESUME, 0, reason, 0)


def push(uow: UnitOfWork, quota_id: int, target_qty: int, reason: str = "shared", *, delay_s: float = 0) -> int:
    """Tell a platform the shared number.

    Raises:
        Refused: `quota.busy`.
        NotFound: `quota.unknown`.
    """
    _, quota, _ = _locked(uow, quota_id)
    _expect_free(uow, quota_id)
    return _ask(uow, quota, ActKind.PUSH, target_qty, reason, delay_s)


def take_theirs(uow: UnitOfWork, quota_id: int) -> int:
    """Take the platform's number as the right, as somebody decided: it is read anew and covered where the pool can.

    Raises:
        Refused: `quota.busy`.
        NotFound: `quota.unknown`.
    """
    act = ask_number(uow, quota_id, "adopt")
    facts = {"adopted_at": None, "drift_qty": None, "drift_at": None, "drift_right_qty": None}
    uow.execute(update(Quota).where(Quota.id == quota_id).values(**facts))
    uow.record("quota.theirs_taken", "quota", quota_id)
    return act


def ask_again(uow: UnitOfWork, act_id: int) -> None:
    """The number that was read settles nothing (something was sold at that very moment): have it read once more."""
    act = _act(uow, act_id)
    shop_id = uow.execute(select(Quota.shop_id).where(Quota.id == act.quota_id)).scalar_one()
    key = f"{act.key}:{uow.now.timestamp():.3f}"
    uow.enqueue(STOCK_ACT, key, {"act_id": act_id}, lane=lane_of(shop_id), delay_s=LOOK_S)


def _ask(uow: UnitOfWork, quota: OwnQuota, kind: ActKind, qty: int, reason: str, delay_s: float) -> int:
    number = uow.take_ids(StockAct, 1)[0]
    # Hexadecimal, because one platform takes nothing else as a key, and not ours alone: another installation may
    # write to the same shop.
    seed = f"{quota.id}:{number}:{quota.shop_id}:{quota.sku_id}:{uow.now.isoformat()}"
    key = hashlib.sha256(seed.encode()).hexdigest()[:32]
    row = {
        "id": number,
        "quota_id": quota.id,
        "kind": kind.value,
        "state": ActState.WAITING.value,
        "qty": qty,
        "step": "",
        "reason": reason,
        "error": "",
        "key": key,
        "created_at": uow.now,
    }
    uow.insert_many(StockAct, [row])
    # From now on the number that was read says nothing about the right.
    uow.execute(update(Quota).where(Quota.id == quota.id).values(evidence_from=None, evidence_to=None))
    if kind is not ActKind.READ:
        uow.record(f"quota.{kind.value}", "quota", quota.id, qty=qty, reason=reason, act_id=number)
    uow.changed("quota", quota.id)
    uow.enqueue(STOCK_ACT, key, {"act_id": number}, lane=lane_of(quota.shop_id), delay_s=delay_s)
    return number


def let_go(uow: UnitOfWork, quota_id: int) -> None:
    """The quota has no link any more, and nothing that was read of it means anything."""
    names = ("listing_id", "listed_qty", "listed_at", "listed_version", "evidence_from", "evidence_to", "is_on_sale")
    more = ("drift_qty", "drift_right_qty", "drift_at", "paused_at", "locked_until", "retry_at", "slack_at")
    uow.execute(update(Quota).where(Quota.id == quota_id).values(dict.fromkeys((*names, *more))))
    uow.record("quota.let_go", "quota", quota_id)


# --- saying ---------------------------------------------------------------------------------------------------------


def peek(uow: UnitOfWork, act_id: int) -> Begun | None:
    """An act that is not settled, as it stands; None where it is.

    Under all the locks that answering it takes, so that it may be answered in the same transaction.
    """
    _locked_act(uow, act_id)
    return _look(uow, act_id)


def is_stopped(uow: UnitOfWork, quota_id: int) -> bool:
    """Whether the shop may not sell the quota's SKU now."""
    row = uow.execute(select(Quota.shop_id, Quota.sku_id).where(Quota.id == quota_id)).one()
    return holds(uow.connection, row.shop_id, row.sku_id, parts_of(uow.connection, [row.sku_id])[row.sku_id])


def holds(connection: Connection, shop_id: int, sku_id: int, parts: Collection[int]) -> bool:
    """Whether a stop holds for a SKU that consists of these parts."""
    touched = {sku_id, *parts}
    return stops_of(connection, touched).hold(shop_id, touched)


def call_off(uow: UnitOfWork, act_id: int, error: str) -> None:
    """Take back an act that was not said yet; the next one need not wait."""
    act = peek(uow, act_id)
    if act is not None and not act.was_said:
        refused(uow, act_id, error, retry_s=0)


def begin(uow: UnitOfWork, act_id: int) -> Begun | None:
    """Note, before the first byte, that the act is being said; None where it is settled already."""
    found = _look(uow, act_id)
    if found is not None and found.state is ActState.WAITING:
        said = {"state": ActState.SENDING.value, "sent_at": uow.now}
        uow.execute(update(StockAct).where(StockAct.id == act_id).values(**said))
        uow.changed("quota", found.quota_id)
    return found


def _look(uow: UnitOfWork, act_id: int) -> Begun | None:
    quota_id = _act(uow, act_id).quota_id
    row = uow.execute(
        select(Quota.shop_id, Quota.listing_id, Quota.listed_version, Quota.paused_at)
        .where(Quota.id == quota_id)
        .with_for_update(key_share=True)
    ).one()
    act = _act(uow, act_id)
    if act.state not in OPEN:
        return None
    return Begun(
        act_id,
        quota_id,
        row.shop_id,
        row.listing_id,
        ActKind(act.kind),
        ActState(act.state),
        act.qty,
        act.step,
        act.target_qty,
        act.key,
        act.state != ActState.WAITING.value,
        act.sent_at or uow.now,
        row.listed_version,
        row.paused_at is not None,
        act.reason == EMPTIED,
    )


def not_said(uow: UnitOfWork, act_id: int) -> None:
    """The platform has turned down every try so far for sure: the act stands as if it had never been said."""
    here = (StockAct.id == act_id, StockAct.state == ActState.SENDING.value)
    uow.execute(update(StockAct).where(*here).values(state=ActState.WAITING.value))
    uow.changed("quota", _act(uow, act_id).quota_id)


def note_step(uow: UnitOfWork, act_id: int, step: str, target_qty: int | None = None) -> None:
    """How far an act of several calls got; committed before the call that the step names."""
    uow.execute(update(StockAct).where(StockAct.id == act_id).values(step=step, target_qty=target_qty))
    uow.changed("quota", _act(uow, act_id).quota_id)


def note_off_sale(uow: UnitOfWork, quota_id: int) -> None:
    """The platform has taken the link off sale, whether or not it says so of its numbers."""
    uow.execute(update(Quota).where(Quota.id == quota_id).values(is_on_sale=False))
    uow.changed("quota", quota_id)


def note_paused(uow: UnitOfWork, quota_id: int) -> None:
    """The link is off sale because of us; committed before the platform hears of it."""
    here = (Quota.id == quota_id, Quota.paused_at.is_(None))
    if uow.count(update(Quota).where(*here).values(paused_at=uow.now)):
        uow.record("quota.paused", "quota", quota_id)


def forget_pause(uow: UnitOfWork, quota_id: int) -> None:
    """The platform has refused to take the link off sale."""
    uow.execute(update(Quota).where(Quota.id == quota_id).values(paused_at=None))
    uow.changed("quota", quota_id)


def note_resumed(uow: UnitOfWork, quota_id: int) -> None:
    """The platform has put the link back on sale."""
    uow.execute(update(Quota).where(Quota.id == quota_id).values(paused_at=None, is_on_sale=True))
    uow.record("quota.resumed", "quota", quota_id)


def difference(uow: UnitOfWork, quota_id: int) -> tuple[int, bool]:
    """By how much the platform's number differs from ours (0: not at all), and whether a read one still waits."""
    row = uow.execute(select(Quota.drift_qty, Quota.evidence_to).where(Quota.id == quota_id)).one()
    return row.drift_qty or 0, row.evidence_to is not None


def note_number(uow: UnitOfWork, quota_id: int, said: ListedStock, since: datetime, until: datetime) -> None:
    """Keep what a platform said its number was between two times of its own clock."""
    facts: dict[str, Any] = {
        "listed_qty": said.qty,
        "listed_at": uow.now,
        "listed_version": said.version,
        "evidence_from": since,
        "evidence_to": until,
    }
    if said.is_on_sale is not None:
        facts["is_on_sale"] = said.is_on_sale
    uow.execute(update(Quota).where(Quota.id == quota_id).values(**facts))
    uow.changed("quota", quota_id)


# --- answered -------------------------------------------------------------------------------------------------------


def applied(uow: UnitOfWork, act_id: int, done_qty: int) -> None:
    """The platform has confirmed so many units. Doing it again changes nothing."""
    book, quota, act = _locked_act(uow, act_id)
    if act.state not in OPEN:
        return
    if act.kind == ActKind.GRANT.value and done_qty < act.qty:
        fall(book, quota, act.qty - done_qty)
    elif act.kind == ActKind.WITHDRAW.value:
        fall(book, quota, done_qty)
    write_book(uow, book)
    close(uow, act, done_qty)


def refused(uow: UnitOfWork, act_id: int, error: str, *, retry_s: float = RETRY_S, is_locked: bool = False) -> None:
    """The platform said no, and nothing has changed there: a grant comes back to the pool."""
    book, quota, act = _locked_act(uow, act_id)
    if act.state not in OPEN:
        return
    if act.kind == ActKind.GRANT.value:
        fall(book, quota, act.qty)
    write_book(uow, book)
    later = {"retry_at": uow.now + timedelta(seconds=retry_s)}
    if is_locked:
        later["locked_until"] = uow.now + timedelta(seconds=LOCK_S)
    uow.execute(update(Quota).where(Quota.id == quota.id).values(**later))
    _close(uow, act, ActState.REFUSED, done_qty=0, error=error)
    uow.record("quota.refused", "quota", quota.id, act_id=act_id, act=act.kind, is_locked=is_locked)


def unsettled(uow: UnitOfWork, act_id: int, slack_qty: int, error: str, *, is_in_flight: bool = True) -> None:
    """Nobody knows what the platform has done: up to `slack_qty` units of the right may not be there.

    The right stays as high as it can be; the number that is read next tells, once the call cannot arrive any more
    (`is_in_flight`: it may still be on its way). Doing it again changes nothing.
    """
    book, quota, act = _locked_act(uow, act_id)
    if act.state not in (ActState.WAITING.value, ActState.SENDING.value):
        return
    quota.slack += slack_qty
    quota.slack_at = uow.now + timedelta(seconds=IN_FLIGHT_S if is_in_flight else 0)
    write_book(uow, book)
    values = {"state": ActState.UNSETTLED.value, "error": error[:_ERROR_LENGTH]}
    uow.execute(update(StockAct).where(StockAct.id == act_id).values(**values))
    uow.record("quota.in_doubt", "quota", quota.id, act_id=act_id, act=act.kind, qty=slack_qty)


def reserve_risk(uow: UnitOfWork, act_id: int, extra_qty: int, slack_qty: int, target_qty: int) -> bool:
    """Before a number is set over sales nobody knows of: cover everything that may then be sold twice.

    Only for platforms that can neither pause nor compare. False: the pool has not enough, nothing may be set.
    """
    book, quota, act = _locked_act(uow, act_id)
    _, _, levels = _locked(uow, quota.id)
    free = Free(levels, {}, day_of(uow.now))
    if act.state != ActState.SENDING.value or act.step:
        return bool(act.step)
    if free.for_quota(quota, {}) < extra_qty:
        return False
    quota.granted += extra_qty
    _take_cover(book, quota, free, extra_qty)
    quota.slack += slack_qty
    quota.slack_at = uow.now
    write_book(uow, book)
    note_step(uow, act_id, "set", target_qty)
    return True


# --- together -------------------------------------------------------------------------------------------------------


def write_book(uow: UnitOfWork, book: QuotaBook) -> None:
    """Write levels, counters and covers of an act that touches nothing else."""
    deltas: dict[LevelId, Delta] = {}
    book.allot(deltas)
    apply(uow, deltas)
    book.write(uow)


def close(uow: UnitOfWork, act: Any, done_qty: int | None) -> None:
    """An act (its row) is settled: the platform has done so much of it; None: nobody knows."""
    _close(uow, act, ActState.DONE, done_qty=done_qty)
    if act.kind == ActKind.WITHDRAW.value and act.reason in (STOPPED, EMPTIED) and done_qty:
        # A person's own share is given again when the stop is over; the split shares out anew by itself.
        is_own = select(SkuPlan.sku_id).where(SkuPlan.sku_id == Quota.sku_id, SkuPlan.mode == Mode.MANUAL.value)
        more = {"regrant_qty": Quota.regrant_qty + done_qty}
        uow.execute(update(Quota).where(Quota.id == act.quota_id, is_own.exists()).values(**more))
    elif act.kind == ActKind.GRANT.value:
        # Given again only as far as the platform has it; where nobody knows, its right has it.
        given = act.qty if done_qty is None else done_qty
        left = case((Quota.regrant_qty > given, Quota.regrant_qty - given), else_=0)
        here = (Quota.id == act.quota_id, Quota.regrant_qty > 0)
        uow.execute(update(Quota).where(*here).values(regrant_qty=left))
    if act.kind != ActKind.READ.value:
        uow.record("quota.done", "quota", act.quota_id, act_id=act.id, act=act.kind, qty=done_qty)


def fall(book: QuotaBook, quota: OwnQuota, qty: int) -> None:
    """The platform may sell so many units less: they go back to the pool as far as they were covered."""
    within = min(qty, quota.right)
    quota.withdrawn += within
    # It was sold already, beyond what the platform had: the same as a sale beyond the right.
    quota.overdrawn += qty - within
    for part, each in quota.parts.items():
        book.uncover(quota, part, min(quota.excess(part), within * each))


def _take_cover(book: QuotaBook, quota: OwnQuota, free: Free, qty: int) -> None:
    for part, each in quota.parts.items():
        for level, last, units in free.take(quota, part, qty * each):
            book.cover(quota, part, level, last, units)


def _close(uow: UnitOfWork, act: Any, state: ActState, *, done_qty: int | None, error: str = "") -> None:
    values = {"state": state.value, "done_qty": done_qty, "settled_at": uow.now, "error": error[:_ERROR_LENGTH]}
    uow.execute(update(StockAct).where(StockAct.id == act.id).values(**values))
    uow.changed("quota", act.quota_id)


def expect_written(uow: UnitOfWork, quota_id: int) -> None:
    """The shop of this quota is written to.

    Raises:
        Refused: `quota.read_only`.
        NotFound: `quota.unknown`.
    """
    query = select(Shop.name, Shop.writes_stock).join(Quota, Quota.shop_id == Shop.id).where(Quota.id == quota_id)
    shop = uow.execute(query).one_or_none()
    if shop is None:
        raise NotFound("quota.unknown", f"there is no quota {quota_id}")
    if not shop.writes_stock:
        raise Refused("quota.read_only", "writing to this shop is switched off", shop=shop.name)


def _locked(uow: UnitOfWork, quota_id: int) -> tuple[QuotaBook, OwnQuota, Any]:
    book, levels = lock_for(uow, [quota_id])
    if not book.quotas:
        raise NotFound("quota.unknown", f"there is no quota {quota_id}")
    return book, book.quotas[0], levels


def _locked_act(uow: UnitOfWork, act_id: int) -> tuple[QuotaBook, OwnQuota, Any]:
    book, quota, _ = _locked(uow, _act(uow, act_id).quota_id)
    return book, quota, _act(uow, act_id)


def _act(uow: UnitOfWork, act_id: int) -> Any:
    act = uow.execute(select(*StockAct.__table__.c).where(StockAct.id == act_id)).one_or_none()
    if act is None:
        raise NotFound("quota.no_act", f"there is no act {act_id}")
    return act


def _expect_free(uow: UnitOfWork, quota_id: int, *, needs_peace: bool = False) -> None:
    """Nothing else of ours is under way at the platform, under the quota's lock."""
    here = (StockAct.quota_id == quota_id, text(f"stock_act.{IS_OPEN}"))
    if uow.execute(select(StockAct.id).where(*here).limit(1)).first() is not None:
        raise Refused("quota.busy", "another act upon this shop's number is still under way")
    if needs_peace and uow.execute(select(Quota.drift_qty).where(Quota.id == quota_id)).scalar_one():
        raise Refused("quota.drift", "the platform's number differs from ours; somebody has to decide first")
