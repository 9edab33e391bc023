"""Answering a call: who is it, how often, what is asked; then a transaction, shared with the calls that came with it.

Everything that a call changes is committed together: the nonce that is used up, what was asked for, and the first
answer under its key. So a kill between the answer and the caller leaves an answer that can be asked for again.
"""

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy.engine import Connection

from core.db.unit_of_work import Actor, Store, UnitOfWork, Urgency, shared_now
from core.gateway import acts, events, stock
from core.gateway.answers import Once, digest_of, first_answers, keep
from core.gateway.calls import Call, Route, body_of, idempotency_key, query_of, route_of
from core.gateway.keys import KeyRecord, key_named, use_nonces
from core.gateway.limits import Limiter, Rates
from core.gateway.problems import Answer, Problem, answer_of
from core.gateway.reservations import Tools, Wish, reserve, reserve_page
from core.gateway.signing import caller_of
from core.gateway.snapshots import put_order
from core.gateway.together import Together
from core.runtime.clock import SystemClock
from core.runtime.errors import DomainError, Unavailable
from core.sync.shops import ShopRecord, shop_of

_log = logging.getLogger(__name__)

T = TypeVar("T")

#: who the journal names where a mall did it
_MALL: Final = "mall"
#: the store's word for a commit whose answer was lost
_OUTCOME_UNKNOWN: Final = "db.outcome_unknown"
#: calls in one transaction, and while somebody scans at this desk
_MOST, _FEW = 64, 8
#: for so long a key and its shop are known without asking
_SENDER_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A call whose sender is known and whose parts are checked."""

    key: KeyRecord
    shop: ShopRecord
    nonce: str
    route: Route
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    once: Once | None

    @property
    def name(self) -> str:
        """The operation's."""
        return self.route.operation.name

    @property
    def is_look(self) -> bool:
        """Whether it changes nothing but its nonce."""
        return self.name in _LOOKS


@dataclass(frozen=True, slots=True)
class _Sender:
    """Who has a key, as it was read `at` a moment of the shared clock; `read_s` is that moment by our own."""

    key: KeyRecord
    shop: ShopRecord
    at: datetime
    read_s: float


class Door:
    """Answers calls; safe for any number of threads. It knows nothing of sockets.

    Calls that come at the same time share a transaction: each has its own outcome, and all are committed together
    before anybody is answered.
    """

    def __init__(self, store: Store, tools: Tools, rates: Rates | None = None) -> None:
        self._store = store
        self._tools = tools
        self._rates = rates or Rates()
        self._limiter = Limiter(store.clock.monotonic)
        self._senders: dict[str, _Sender] = {}
        self._under_way: set[tuple[int, str]] = set()
        self._lock = threading.Lock()
        self._together: Together[Asked, Answer | None] = Together(self._do_all, self._most_at_once)

    def _most_at_once(self) -> int:
        # A scan waits for one transaction at most.
        return _FEW if self._store.is_scanning else _MOST

    def ask(self, call: Call, address: str) -> Asked:
        """Who calls, and for what.

        Raises:
            Problem: anything but the operation's own refusals.
        """
        route = route_of(call.method, call.path)
        try:
            key, shop = self._sender(call)
        except Problem:
            # Counted after the look: whoever shares an address with a stranger is let in all the same.
            self._limiter.take(f"stranger {address}", self._rates.stranger)
            raise
        try:
            self._limiter.take(f"shop {shop.id}", self._rates.mall)
            self._limiter.take("everybody", self._rates.everybody)
            return self._formed(call, route, key, shop)
        except Problem as problem:
            problem.shop_id = shop.id
            raise

    def _formed(self, call: Call, route: Route, key: KeyRecord, shop: ShopRecord) -> Asked:
        try:
            return self._checked(call, route, key, shop)
        except Problem:
            # A call that is refused for its form has used up its nonce all the same.
            used = [(key.id, call.headers["x-nonce"])]
            self._store.write(lambda uow: _use_one(uow, used), urgency=Urgency.LANE)
            raise

    def _sender(self, call: Call) -> tuple[KeyRecord, ShopRecord]:
        """The sender by its key; read anew every second, since each call's own transaction looks for revoked keys."""
        name, elapsed_s = call.headers.get("x-key", ""), self._store.clock.monotonic()
        known = self._senders.get(name)
        if known is None or elapsed_s - known.read_s >= _SENDER_S or not isinstance(self._store.clock, SystemClock):
            known = self._store.read(lambda connection: self._read_sender(connection, name, elapsed_s))
        now = known.at + timedelta(seconds=elapsed_s - known.read_s)
        return caller_of(call, lambda _name: known.key, now), known.shop

    def _read_sender(self, connection: Connection, name: str, elapsed_s: float) -> _Sender:
        key = key_named(connection, name) if name else None
        if key is None:
            self._senders.pop(name, None)
            raise Problem("bad_key")
        shop = shop_of(connection, key.shop_id)
        known = self._senders[name] = _Sender(key, shop, shared_now(connection, self._store.clock), elapsed_s)
        return known

    def _checked(self, call: Call, route: Route, key: KeyRecord, shop: ShopRecord) -> Asked:
        query = query_of(route.operation, call.target)
        body = body_of(route.operation, call.body)
        word = idempotency_key(route.operation, call.headers)
        nonce = call.headers["x-nonce"]
        once = Once(shop.id, word, digest_of(call.method, call.path, body)) if word else None
        return Asked(key, shop, nonce, route, query, body, once)

    def act(self, asked: Asked) -> Answer:
        """Do what is asked for, whole or not at all.

        Raises:
            Problem: trouble of ours, or of the call's own nonce or key. What the operation refuses is an answer.
        """
        outcome, leads = self.enter(asked)
        if leads:
            self.lead()
        return outcome.result() or self.look(asked)

    def enter(self, asked: Asked) -> tuple["Future[Answer | None]", bool]:
        """Line a call up; gives its outcome to be, and whether the caller has to call `lead`.

        The outcome is None where nothing has to be changed and its nonce is used up: then `look` answers.

        Raises:
            Problem: `idempotency_in_progress`, a call with the same key is at work in this program.
        """
        once = asked.once
        if once is not None:
            with self._lock:
                if (once.shop_id, once.key) in self._under_way:
                    raise Problem("idempotency_in_progress")
                self._under_way.add((once.shop_id, once.key))
        if self._store.is_sqlite or asked.name == "reserve" or asked.is_look:
            return self._together.enter(asked)
        # The server lets several write at once. Together they would lock what two nodes want in two orders.
        alone: Future[Answer | None] = Future()
        (outcome,) = self._do_all([asked])
        if isinstance(outcome, Exception):
            alone.set_exception(outcome)
        else:
            alone.set_result(outcome)
        return alone, False

    def lead(self) -> None:
        """Do what has lined up."""
        self._together.lead()

    def _do_all(self, calls: Sequence[Asked]) -> Sequence[Answer | Exception | None]:
        try:
            return self._do(calls)
        finally:
            with self._lock:
                self._under_way -= {(one.once.shop_id, one.once.key) for one in calls if one.once is not None}

    def _do(self, calls: Sequence[Asked], *, is_begun: bool = False) -> Sequence[Answer | Exception | None]:
        """Do them together; `is_begun` where their nonces are used up already."""
        mall = Actor(_MALL, self._store.actor.desk)
        outcomes: list[Answer | Exception | None] = []
        try:
            done, left = self._store.write(
                lambda uow: self._whole(uow, calls, is_begun=is_begun), urgency=Urgency.CLERK, actor=mall
            )
            outcomes += done
        except Unavailable as error:
            return [unwell(error) for _ in calls]
        except Exception as error:  # noqa: BLE001 - a defect that one call meets is not the others'
            if len(calls) == 1:
                return [error]
            return [outcome for one in calls for outcome in self._do([one], is_begun=is_begun)]
        for place in left:
            (outcomes[place],) = self._do([calls[place]], is_begun=True)
        return outcomes

    def _whole(
        self, uow: UnitOfWork, calls: Sequence[Asked], *, is_begun: bool
    ) -> tuple[Sequence[Answer | Problem | None], Collection[int]]:
        """Everything that these calls change; and the places of those that want a transaction of their own."""
        nonces = [(one.key.id, one.nonce) for one in calls]
        outcomes: list[Answer | Problem | None] = [*([None] * len(calls) if is_begun else use_nonces(uow, nonces))]
        new = [place for place, one in enumerate(calls) if outcomes[place] is None and not one.is_look]
        earlier = first_answers(uow, [once for place in new if (once := calls[place].once) is not None])
        for place in new:
            once = calls[place].once
            outcomes[place] = None if once is None else earlier.get(once)
        new = [place for place in new if outcomes[place] is None]
        wishes = [place for place in new if calls[place].name == "reserve"]
        outcomes_of_wishes = self._reserved(uow, [calls[place] for place in wishes])
        found = dict(zip(wishes, outcomes_of_wishes, strict=True))
        left = {place for place, outcome in found.items() if outcome is None}
        if uow.is_sqlite or len(calls) == 1:
            left = set()
        # On the server an order that is known is locked before its levels, which the page has locked already.
        alone = [place for place in new if place not in left and found.get(place) is None]
        done = {place: outcome for place, outcome in found.items() if outcome is not None}
        done |= {place: self._alone(uow, calls[place]) for place in alone}
        kept = {}
        for place, outcome in done.items():
            once = calls[place].once
            if once is not None and (not isinstance(outcome, Problem) or outcome.kind.is_kept):
                kept[once] = answer_of(outcome) if isinstance(outcome, Problem) else outcome
            outcomes[place] = answer_of(outcome) if isinstance(outcome, Problem) else outcome
        keep(uow, kept)
        return outcomes, left

    def _reserved(self, uow: UnitOfWork, calls: Sequence[Asked]) -> Sequence[Answer | Problem | None]:
        """What became of calls to reserve, as a page; None for those that it leaves to be done by themselves."""
        if not calls:
            return []
        try:
            with uow.savepoint():
                return reserve_page(uow, [Wish(one.shop, one.body) for one in calls], self._tools)
        except Problem:
            return [None] * len(calls)

    def _alone(self, uow: UnitOfWork, asked: Asked) -> Answer | Problem:
        """One call; what it wrote before it was refused is taken back."""
        try:
            with uow.savepoint():
                return self._operation(uow, asked)
        except Problem as problem:
            return problem

    def _operation(self, uow: UnitOfWork, asked: Asked) -> Answer:
        if asked.name == "reserve":
            return reserve(uow, Wish(asked.shop, asked.body), self._tools)
        if asked.name == "put_order":
            return put_order(uow, asked.shop, asked.route.words["ref"], asked.body, self._tools)
        one = acts.on_reservation(uow, asked.shop.id, asked.route.words["id"])
        if asked.name == "extend":
            return acts.extend(uow, one, asked.body, asked.shop, self._tools.digest)
        if asked.name == "confirm":
            return acts.confirm(uow, one, asked.body, self._tools.carrier_code)
        return acts.release(uow, one, asked.body)

    def look(self, asked: Asked) -> Answer:
        """What a caller sees whose nonce is used up already; asked again and again while it waits for events.

        Raises:
            Problem: the operation's refusal; `unavailable`.
        """

        def see(connection: Connection) -> Answer:
            # Only looked through: the connection is a reader's.
            return _LOOKS[asked.name](UnitOfWork(connection, self._store.actor, self._store.clock), asked)

        try:
            return self._store.read(see)
        except Unavailable as error:
            raise unwell(error) from error


def _use_one(uow: UnitOfWork, used: Sequence[tuple[int, str]]) -> None:
    (problem,) = use_nonces(uow, used)
    if problem is not None:
        raise problem


def unwell(error: DomainError) -> Problem:
    """What a caller is told of trouble of ours: that nothing was changed only where that is certain."""
    return Problem("outcome_unknown" if error.code == _OUTCOME_UNKNOWN else "unavailable")


def _events(uow: UnitOfWork, asked: Asked) -> Answer:
    query = asked.query
    page = events.page(uow.connection, asked.shop.id, asked.shop.warehouse_id, query["after"], query["limit"])
    return stock.with_numbers(uow.connection, asked.shop, page, uow.now)


def _stock(uow: UnitOfWork, asked: Asked) -> Answer:
    query = asked.query
    if ("sku" in query) == ("since" in query):
        raise Problem("bad_query", "either sku or since")
    if "sku" in query:
        return stock.numbers(uow.connection, asked.shop, query["sku"], uow.now)
    return stock.changes(uow.connection, asked.shop, query["since"], query["limit"], uow.now)


_LOOKS: Final[Mapping[str, Callable[[UnitOfWork, Asked], Answer]]] = {
    "find": lambda uow, asked: acts.look(uow, asked.shop.id, ref=asked.query["ref"]),
    "look": lambda uow, asked: acts.look(uow, asked.shop.id, public_id=asked.route.words["id"]),
    "stock": _stock,
    "events": _events,
}


def safely(work: Callable[[], T]) -> T:
    """Do it, and let nothing out but problems: never a defect's own words.

    Raises:
        Problem: the one that stands for whatever went wrong.
    """
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - a defect of ours must not tell the caller anything
        raise problem_of(error) from None


def problem_of(error: Exception) -> Problem:
    """The problem that stands for whatever went wrong."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, DomainError):
        _log.warning("a call at the door could not be answered: %s", error.code)
        return unwell(error)
    # The kind and the place alone: the text of an error may hold what the caller sent.
    _log.error("a call at the door met a defect: %s at %s", type(error).__name__, _place(error))
    return Problem("defect")


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
