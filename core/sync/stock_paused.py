"""Numbers that are set while nobody can buy: off sale, until every order is known, set, and on sale again.

How far it got is kept with the act, so that another program can go on. That the link is off sale because of us is
kept with the quota: whatever becomes of the act, the planner has it put back (`ActKind.RESUME`).
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.db.unit_of_work import UnitOfWork
from core.inventory.quotas import acts
from core.inventory.quotas.acts import Begun
from core.inventory.quotas.settling import Settled, settle
from core.inventory.quotas.states import ActKind
from core.runtime.remote_errors import ChannelError, RateLimited, Rejected, Temporary
from core.sync.known import known_until
from core.sync.stock_line import StockLine, delta_of, slack_of

#: how long a link is kept off sale at most while orders are waited for
_LONGEST_PAUSE = timedelta(minutes=15)
#: how soon it is looked whether they have come
_LOOK_S = 5.0


@dataclass(frozen=True, slots=True)
class _Step:
    """How far an act with a pause got.

    Attributes:
        name: pause, wait, set, then how it ends: resume (done), doubt (nobody knows), give_up (nothing was changed).
        resumes: the link was on sale before, or off sale because of us.
    """

    name: str
    resumes: bool = True
    target: int = 0
    done: int = 0
    error: str = ""

    @property
    def text(self) -> str:
        return json.dumps([self.name, self.resumes, self.target, self.done, self.error])

    @staticmethod
    def of(text: str) -> "_Step":
        return _Step(*json.loads(text)) if text else _Step("")


def write_paused(line: StockLine) -> None:
    """Set a number by the act's difference while the link is off sale."""
    step = _Step.of(line.act.step)
    is_repeat = step.name == "set"
    if step.name == "":
        was_on_sale = line.look().stock.is_on_sale is not False
        step = _Step("pause", resumes=was_on_sale or line.act.is_paused)
        _go(line, step)
    if step.name == "pause":
        line.pause()
        if line.look().stock.is_on_sale:
            raise Temporary("the link is still on sale", code="still_on_sale")
        step = replace(step, name="wait")
        _go(line, step)
    if step.name == "wait":
        step = _wait(line, step)
    if step.name == "set":
        step = _set(line, step, is_repeat=is_repeat)
    # A sale that was stopped meanwhile stays so.
    is_on_sale = step.resumes and not line.write(lambda uow: acts.is_stopped(uow, line.act.quota_id))
    if is_on_sale:
        line.resume()
    line.write(lambda uow: _end(uow, line.act, step, is_on_sale=is_on_sale))
    if step.name == "doubt":
        line.look()


def _wait(line: StockLine, step: _Step) -> _Step:
    """What is next once every order is known; raises until then."""
    outcome, drift, has_number, now = _settle(line)
    is_waiting = outcome in (Settled.LATER, Settled.BLURRED)
    is_drift = outcome is Settled.DRIFT and line.act.kind is not ActKind.MEND
    if is_drift or (is_waiting and now - line.act.sent_at > _LONGEST_PAUSE):
        error = "the numbers differ" if is_drift else "the orders did not come"
        step = replace(step, name="give_up", error=error)
    elif is_waiting:
        if not has_number:
            line.look()
        raise RateLimited("paused, until every order is known", retry_after_s=_LOOK_S)
    else:
        # A number that somebody changed is put back by what it differs now, not by what it differed once.
        delta = -drift if line.act.kind is ActKind.MEND else delta_of(line.act)
        before = line.read()
        target = max(before.qty + delta, 0)
        step = replace(step, name="set", target=target, done=abs(target - before.qty))
    _go(line, step)
    return step


def _settle(line: StockLine) -> tuple[Settled, int, bool, datetime]:
    """What came of comparing, by how much the numbers differ, whether one waits for its orders, and the time."""
    act = line.act
    untold = act.qty if act.kind is ActKind.GRANT else 0

    def look(uow: UnitOfWork) -> tuple[Settled, int, bool, datetime]:
        known = known_until(uow.connection, act.shop_id, line.rules.orders_lag_s)
        outcome = settle(uow, act.quota_id, known, untold_qty=untold, is_under_way=True)
        drift, has_number = acts.difference(uow, act.quota_id)
        return outcome, drift, has_number, uow.now

    return line.write(look)


def _set(line: StockLine, step: _Step, *, is_repeat: bool) -> _Step:
    try:
        # Off sale nobody else changes it: the same number may be set until it is answered.
        after = line.set(step.target)
    except Rejected as error:
        # Of what was said before a refusal proves nothing.
        step = replace(step, name="doubt" if is_repeat else "give_up", error=str(error)[:80])
        _go(line, step)
    except ChannelError as error:
        # It may still arrive: not before that is over may anybody buy from the number again.
        raise RateLimited(str(error), code=error.code, retry_after_s=acts.IN_FLIGHT_S) from error
    else:
        # Kept before the sale goes on: from then on buyers take from the number, and it is never set again.
        step = replace(step, name="resume")

        def store(uow: UnitOfWork) -> None:
            acts.note_step(uow, line.act.act_id, step.text, step.target)
            line.keep(uow, after)

        line.write(store)
    return step


def _go(line: StockLine, step: _Step) -> None:
    def store(uow: UnitOfWork) -> None:
        acts.note_step(uow, line.act.act_id, step.text, step.target)
        if step.resumes:
            acts.note_paused(uow, line.act.quota_id)

    line.write(store)


def _end(uow: UnitOfWork, act: Begun, step: _Step, *, is_on_sale: bool) -> None:
    # What is known of the act first: it locks levels, which nobody may wait for who holds the quota.
    if step.name == "resume":
        acts.applied(uow, act.act_id, step.done)
    elif step.name in ("set", "doubt"):
        acts.unsettled(uow, act.act_id, slack_of(act), step.error)
    else:
        acts.refused(uow, act.act_id, step.error)
    if is_on_sale:
        acts.note_resumed(uow, act.quota_id)


def is_paused_write(act: Begun) -> bool:
    """Whether the act got into a pause."""
    return act.step.startswith("[")


def end_paused(uow: UnitOfWork, act: Begun, error: str) -> None:
    """It will never be said to its end: what is known follows from how far it got; the link is still off sale."""
    step = _Step.of(act.step)
    _end(uow, act, replace(step, error=step.error or error), is_on_sale=False)


def pause_link(line: StockLine) -> None:
    """Take a link off sale, because its sale is stopped."""
    was_ours = line.act.is_paused
    line.write(lambda uow: acts.note_paused(uow, line.act.quota_id))
    try:
        line.pause()
    except Rejected:
        if not (was_ours or line.act.was_said):
            line.write(lambda uow: acts.forget_pause(uow, line.act.quota_id))
        raise
    said = line.read()
    if said.stock.is_on_sale:
        raise Temporary("the link is still on sale", code="still_on_sale")

    def store(uow: UnitOfWork) -> None:
        acts.applied(uow, line.act.act_id, 0)
        line.keep(uow, said)
        acts.note_off_sale(uow, line.act.quota_id)

    line.write(store)


def resume_link(line: StockLine) -> None:
    """Put a link back on sale that is off sale because of us."""
    line.resume()
    said = line.read()

    def store(uow: UnitOfWork) -> None:
        acts.applied(uow, line.act.act_id, 0)
        acts.note_resumed(uow, line.act.quota_id)
        line.keep(uow, said)

    line.write(store)
