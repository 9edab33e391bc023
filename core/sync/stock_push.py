"""Saying acts upon a platform's number, each kind of platform in its own safe way.

Nothing is said inside a transaction. Before the first byte the act is `sending`; whatever then happens to the answer
or to this program, the next try knows that it may have been said. Only what cannot be applied twice is said again,
and a refusal of what was said before proves nothing.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import Connection, select

from core.catalog.models import Listing
from core.channels.contract import Channel
from core.channels.models import Shop
from core.channels.stock_contract import BelowZero, ListedSku, StockChannel, WriteKind
from core.db.outbox import Claim
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.inventory.quotas import acts
from core.inventory.quotas.acts import Begun
from core.inventory.quotas.models import Quota, StockAct
from core.inventory.quotas.states import ActKind, ActState
from core.runtime.remote_errors import ChannelError, Rejected, Temporary
from core.sync.shops import ShopRecord, shop_of
from core.sync.stock_line import Said, StockLine, delta_of, slack_of
from core.sync.stock_paused import end_paused, is_paused_write, pause_link, resume_link, write_paused

T = TypeVar("T")

#: a number that somebody buys from at every moment is tried so often before it is left for later
_TRIES = 4
_MAYBE = "it may have been said before"


class StockPusher:
    """The handler of the outbox's `stock.act` rows."""

    def __init__(self, store: Store, open_channel: Callable[[ShopRecord], Channel]) -> None:
        self._store = store
        self._open_channel = open_channel

    def deliver(self, claim: Claim) -> None:
        """Say one act.

        Raises:
            ChannelError: it is to be said, or its number to be read, later once more.
        """
        act_id = int(claim.payload["act_id"])
        facts = self._store.read(lambda connection: _facts(connection, act_id))
        if facts is None:
            return
        shop, listed, writes, offset = facts
        channel = self._open_channel(shop)
        if not isinstance(channel, StockChannel) or listed is None:
            self.give_up(claim, "this shop's numbers cannot be reached from here")
            return
        begun = self._write(lambda uow: self._begin(uow, act_id, writes=writes))
        if begun is not None:
            self._say(StockLine(self._store, claim, begun, (channel, listed), offset))

    def give_up(self, claim: Claim, error: str) -> None:
        """It will never be said: nothing is known unless it never was."""
        act_id = int(claim.payload["act_id"])
        self._write(lambda uow: _give_up(uow, act_id, error))

    @staticmethod
    def _begin(uow: UnitOfWork, act_id: int, *, writes: bool) -> Begun | None:
        """Reading is always allowed; a shop that was made read-only meanwhile gets no act that is not said yet."""
        waiting = acts.peek(uow, act_id)
        if waiting is not None and not waiting.was_said:
            if not writes and waiting.kind is not ActKind.READ:
                acts.refused(uow, act_id, "writing to this shop is switched off")
                return None
            if waiting.kind in _ON_SALE and acts.is_stopped(uow, waiting.quota_id):
                acts.call_off(uow, act_id, "the sale was stopped")
                return None
        return acts.begin(uow, act_id)

    def _say(self, line: StockLine) -> None:
        act = line.act
        if act.state is ActState.UNSETTLED:
            line.look()
            return
        rules = line.rules
        kinds: dict[ActKind, Callable[[StockLine], None]] = {
            ActKind.READ: self._read,
            ActKind.PUSH: self._push,
            ActKind.PAUSE: pause_link,
            ActKind.RESUME: resume_link,
        }
        writes: dict[WriteKind, Callable[[StockLine], None]] = {
            WriteKind.KEYED_DELTA: self._keyed,
            WriteKind.PLAIN_DELTA: self._plain,
            WriteKind.COMPARE_AND_SET: self._compare_and_set,
            WriteKind.ABSOLUTE: write_paused if rules.pauses_sale and not act.no_pause else self._with_reserve,
        }
        kinds.get(act.kind, writes[rules.write])(line)

    @staticmethod
    def _read(line: StockLine) -> None:
        line.done(0, line.read())

    # --- differences --------------------------------------------------------------------------------------------

    def _keyed(self, line: StockLine) -> None:
        """The platform applies the same key once, so that it may be said until an answer comes."""
        try:
            self._told(line, line.change(delta_of(line.act), line.act.key))
        except Rejected as error:
            self._rejected(line, error)

    def _plain(self, line: StockLine) -> None:
        """Said once at most: after that the number tells."""
        if line.act.was_said:
            line.in_doubt(_MAYBE)
        else:
            try:
                self._told(line, line.change(delta_of(line.act), line.act.key))
                return
            except Rejected as error:
                self._rejected(line, error)
                return
            except ChannelError as error:
                line.in_doubt(str(error))
        line.look()

    @staticmethod
    def _told(line: StockLine, said: Said) -> None:
        act = line.act
        if delta_of(act) > 0 or line.rules.below_zero is not BelowZero.CLAMPS:
            line.done(act.qty, said)
            return

        def store(uow: UnitOfWork) -> None:
            # How much of it was still there the orders will tell: a number above nothing is no proof, because this
            # may be the answer to a repeat, with units that came back since.
            words = "the platform took what was left"
            acts.unsettled(uow, act.act_id, slack_of(act), words, is_in_flight=False)
            line.keep(uow, said)

        line.write(store)

    # --- numbers ------------------------------------------------------------------------------------------------

    def _compare_and_set(self, line: StockLine) -> None:
        """Only over the version that was read, and after the first time only over the one it was said over."""
        act = line.act
        for _ in range(1 if act.was_said else _TRIES):
            before = line.read()
            if act.was_said and before.version != act.listed_version:
                line.in_doubt(_MAYBE, before)
                return
            # Kept before it is said: whoever goes on after us has to know over which version.
            line.write(lambda uow, said=before: line.keep(uow, said))  # type: ignore[misc]  # a bound default
            target = max(before.qty + delta_of(act), 0)
            try:
                after = line.set(target, before.version)
            except Rejected as error:
                if error.code != "version_conflict":
                    self._rejected(line, error)
                    return
                if act.was_said:
                    line.in_doubt(_MAYBE, line.read())
                    return
            except ChannelError as error:
                self._unanswered(line, before, error)
                return
            else:
                line.done(abs(target - before.qty), after)
                return
        self._write(lambda uow: acts.not_said(uow, act.act_id))
        raise Temporary("the number changes all the time", code="version_conflict")

    @staticmethod
    def _unanswered(line: StockLine, before: Said, error: ChannelError) -> None:
        now = line.read()
        if now.version == before.version:
            # Nothing has changed yet: again, over the same version, so that only one of the two can be applied.
            raise Temporary(str(error), code=error.code) from error
        line.in_doubt(str(error), now)

    @staticmethod
    def _with_reserve(line: StockLine) -> None:
        """Neither pause nor version: what is sold between reading and setting would come back, so cover it twice."""
        act = line.act
        if act.step:
            line.in_doubt(_MAYBE)
            line.look()
            return
        before = line.look()
        target = max(before.qty + delta_of(act), 0)
        if act.kind is ActKind.MEND:
            # The right stays; what may be sold meanwhile is all that was there.
            extra = max(target, before.qty)
            slack = extra + max(act.qty, 0)
        else:
            extra = max(target - act.qty if act.kind is ActKind.GRANT else target, 0)
            slack = before.qty + act.qty
        if not line.write(lambda uow: acts.reserve_risk(uow, act.act_id, extra, slack, target)):
            line.refuse("the pool cannot cover what may be sold while the number is set")
            return
        try:
            after = line.set(target)
        except ChannelError as error:
            words = str(error)
            line.write(lambda uow: acts.unsettled(uow, act.act_id, 0, words))
            line.look()
            return

        def store(uow: UnitOfWork) -> None:
            acts.unsettled(uow, act.act_id, 0, "set, until every order is known", is_in_flight=False)
            line.keep(uow, after)

        line.write(store)

    # --- the shared number --------------------------------------------------------------------------------------

    @staticmethod
    def _push(line: StockLine) -> None:
        """It promises nothing, so that a lost answer is simply made good with the next number."""
        act, rules = line.act, line.rules
        try:
            if rules.write is WriteKind.ABSOLUTE:
                said = line.set(act.qty)
            elif rules.write is WriteKind.COMPARE_AND_SET:
                said = line.set(act.qty, line.read().version)
            elif act.was_said:
                line.done(0, line.read())
                return
            else:
                said = line.change(act.qty - line.read().qty, act.key)
        except Rejected as error:
            line.refuse(str(error))
            return
        line.done(act.qty, said)

    # --- what is common -----------------------------------------------------------------------------------------

    @staticmethod
    def _rejected(line: StockLine, error: Rejected) -> None:
        """Said and refused: a promotion keeps the number, or less is left; reading it tells which.

        What was said before may have been done then, and refused only now.
        """
        if line.act.was_said:
            line.in_doubt(str(error))
            line.look()
            return
        is_locked = False
        if delta_of(line.act) < 0 and line.rules.may_refuse_decrease:
            is_locked = line.look().qty >= line.act.qty
        line.refuse(str(error), is_locked=is_locked)

    def _write(self, operation: Callable[[UnitOfWork], T]) -> T:
        return self._store.write(operation, urgency=Urgency.LANE)


def _facts(connection: Connection, act_id: int) -> tuple[ShopRecord, ListedSku | None, bool, timedelta] | None:
    """Whose act it is, the link it is about, whether the shop may be written to, and its clock's offset."""
    columns = (Quota.shop_id, Shop.writes_stock, Shop.clock_offset_ms)
    listing = (Listing.item_id, Listing.channel_sku_id, Listing.merchant_code)
    query = (
        select(*columns, *listing)
        .select_from(StockAct)
        .join(Quota, Quota.id == StockAct.quota_id)
        .join(Shop, Shop.id == Quota.shop_id)
        .outerjoin(Listing, Listing.id == Quota.listing_id)
        .where(StockAct.id == act_id)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    listed = None if row.item_id is None else ListedSku(row.item_id, row.channel_sku_id, row.merchant_code)
    offset = timedelta(milliseconds=row.clock_offset_ms or 0)
    return shop_of(connection, row.shop_id), listed, row.writes_stock, offset


#: acts after which nothing is in doubt, whatever became of them
_HARMLESS = (ActKind.READ, ActKind.PUSH, ActKind.PAUSE, ActKind.RESUME)
#: acts that put something on sale
_ON_SALE = (ActKind.GRANT, ActKind.RESUME)


def _give_up(uow: UnitOfWork, act_id: int, error: str) -> None:
    act = acts.peek(uow, act_id)
    if act is None:
        return
    if act.kind in _HARMLESS or not act.was_said:
        acts.refused(uow, act_id, error)
    elif is_paused_write(act):
        end_paused(uow, act, error)
    else:
        acts.unsettled(uow, act_id, slack_of(act), error)
