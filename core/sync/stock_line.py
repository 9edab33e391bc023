"""The way to one listing's number: each call under the delivery's lease, each answer with the time it was true."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from core.channels.stock_contract import ListedSku, ListedStock, StockChannel, StockRules
from core.db import outbox
from core.db.outbox import Claim
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.inventory.quotas import acts
from core.inventory.quotas.acts import Begun
from core.inventory.quotas.states import ActKind
from core.runtime.remote_errors import Temporary
from core.sync.delivering import LEASE_S

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Said:
    """What a platform said of a listing, and between which times of its own clock that was so."""

    stock: ListedStock
    since: datetime
    until: datetime

    @property
    def qty(self) -> int:
        """Units it may still sell."""
        return self.stock.qty

    @property
    def version(self) -> int | None:
        """The platform's version of that number."""
        return self.stock.version


def delta_of(act: Begun) -> int:
    """The difference an act asks for, as the platform counts."""
    return -act.qty if act.kind is ActKind.WITHDRAW else act.qty


def slack_of(act: Begun) -> int:
    """Units of the right that are in doubt once the act's answer is lost; a mended number moves no right."""
    return 0 if act.kind is ActKind.MEND else act.qty


class LinkLine:
    """The way to one link. Calls may raise `ChannelError`; nothing is said inside a transaction."""

    def __init__(
        self,
        store: Store,
        claim: Claim,
        way: tuple[StockChannel, ListedSku],
        offset: timedelta = timedelta(),
    ) -> None:
        """`offset`: the platform's clock less the one all desks share, for platforms that do not tell the time."""
        self._store = store
        self._claim = claim
        self._channel, self._listed = way
        self._offset = offset

    @property
    def rules(self) -> StockRules:
        """How this platform's writes behave."""
        return self._channel.stock_rules

    # --- calls --------------------------------------------------------------------------------------------------

    def read(self) -> Said:
        """Ask for the number; nothing of it is kept yet."""
        return self._ask(lambda: self._channel.read_stock(self._listed))

    def change(self, delta: int, key: str) -> Said:
        """Change the number by a difference, under a key."""
        return self._ask(lambda: self._channel.change_stock(self._listed, delta, key))

    def set(self, qty: int, if_version: int | None = None) -> Said:
        """Set the number."""
        return self._ask(lambda: self._channel.set_stock(self._listed, qty, if_version))

    def pause(self) -> None:
        """Take the link off sale."""
        self._hold()
        self._channel.pause_sale(self._listed)

    def resume(self) -> None:
        """Put it back on sale."""
        self._hold()
        self._channel.resume_sale(self._listed)

    def _ask(self, call: Callable[[], ListedStock]) -> Said:
        clock = self._store.clock
        asked_at, began_s = self._hold() + self._offset, clock.monotonic()
        stock = call()
        took = timedelta(seconds=clock.monotonic() - began_s)
        if stock.at is not None:
            # The platform looked at its number at some moment before it told the time.
            return Said(stock, stock.at - took, stock.at)
        return Said(stock, asked_at, asked_at + took)

    def _hold(self) -> datetime:
        """Keep others off the act while the next call may last; gives the time."""

        def renew(uow: UnitOfWork) -> datetime | None:
            return uow.now if outbox.renew(uow, self._claim, LEASE_S) else None

        now = self.write(renew)
        if now is None:
            raise Temporary("another desk goes on with it", code="lease_lost")
        return now

    def write(self, operation: Callable[[UnitOfWork], T]) -> T:
        """Run one transaction."""
        return self._store.write(operation, urgency=Urgency.LANE)


class StockLine(LinkLine):
    """The way of one act to the link of its quota, and what becomes of the act."""

    def __init__(
        self, store: Store, claim: Claim, act: Begun, way: tuple[StockChannel, ListedSku], offset: timedelta
    ) -> None:
        """As `LinkLine`."""
        super().__init__(store, claim, way, offset)
        self.act = act

    def look(self) -> Said:
        """Ask for the number and keep it."""
        said = self.read()
        self.write(lambda uow: self.keep(uow, said))
        return said

    def keep(self, uow: UnitOfWork, said: Said) -> None:
        """Keep a number that was said, in the transaction that draws its conclusions."""
        acts.note_number(uow, self.act.quota_id, said.stock, said.since, said.until)

    def done(self, done_qty: int, said: Said) -> None:
        """The platform has confirmed so many units."""

        def store(uow: UnitOfWork) -> None:
            acts.applied(uow, self.act.act_id, done_qty)
            self.keep(uow, said)

        self.write(store)

    def in_doubt(self, error: str, said: Said | None = None) -> None:
        """Nobody knows what was done; `said`: a number that was read after it."""

        def store(uow: UnitOfWork) -> None:
            acts.unsettled(uow, self.act.act_id, slack_of(self.act), error)
            if said is not None:
                self.keep(uow, said)

        self.write(store)

    def refuse(self, error: str, *, is_locked: bool = False) -> None:
        """The platform said no, and nothing has changed there."""
        self.write(lambda uow: acts.refused(uow, self.act.act_id, error, is_locked=is_locked))
