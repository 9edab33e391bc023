"""Delivering the outbox: what was decided in a transaction reaches carriers and shops, at least once, by its key."""

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.db import outbox
from core.db.outbox import Claim
from core.db.unit_of_work import Store, Urgency
from core.runtime.errors import DomainError, Unavailable
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected
from core.sync.troubles import kept_text

_log = logging.getLogger(__name__)

#: longer than the total deadline of any call, so that no second desk delivers the same thing meanwhile; who makes
#: several calls renews it before each
LEASE_S = 120.0
#: an idle lane looks for rows that a desk left behind
_LOOK_S = 10.0
#: what is due and could not be claimed is in another desk's hands at this moment
_SOON_S = 0.5
#: how often an answer nobody understands is asked for again before a person has to look
_BROKEN_TRIES = 4
#: when to look again whether this program knows a kind by now
_UNKNOWN_S = 900.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a delivery did not go through, in the terms the outbox keeps; `error` as `core.sync.troubles` keeps it."""

    error: str
    is_permanent: bool
    retry_after_s: float | None = None
    #: what the other side said, without the rest
    words: str = ""


#: delivers one claim; raises `ChannelError` or `DomainError` when it cannot
Handler = Callable[[Claim], None]
#: tidies up after a delivery that will never go through
GiveUp = Callable[[Claim, str], None]


class Deliverer:
    """Takes due rows of a lane one by one and hands them to the handler of their kind."""

    def __init__(
        self,
        store: Store,
        holder: str,
        handlers: Mapping[str, Handler],
        give_ups: Mapping[str, GiveUp],
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._holder = holder
        self._handlers = handlers
        self._give_ups = give_ups
        self._is_cancelled = is_cancelled

    def drain(self, lane: str, limit: int = 1000) -> int:
        """Deliver what is due in the lane now; gives how many rows were settled as done."""
        done = 0
        for _ in range(limit):
            if self._is_cancelled() or self._due_in_s(lane) > 0:
                break
            claims = self._store.write(
                lambda uow: outbox.claim(uow, lane, self._holder, LEASE_S), urgency=Urgency.LANE
            )
            if not claims:
                break
            done += self._deliver(claims[0])
        return done

    def pause_s(self, lane: str) -> float:
        """Seconds until the lane has to look again: when its next row is due, and once in a while for rows of others.

        What this program writes wakes the lane at once; another desk's rows are its own to deliver, unless it died.
        """
        return min(max(self._due_in_s(lane), _SOON_S), _LOOK_S)

    def _due_in_s(self, lane: str) -> float:
        due = self._store.read(lambda connection: outbox.due_in_s(connection, lane, self._store.clock))
        return math.inf if due is None else due

    def _deliver(self, claim: Claim) -> bool:
        handler = self._handlers.get(claim.kind)
        if handler is None:
            # Another desk may run a newer program that knows it.
            self._fail(claim, Failure(f"unknown kind {claim.kind}", is_permanent=False, retry_after_s=_UNKNOWN_S))
            return False
        try:
            handler(claim)
        except (ChannelError, DomainError) as error:
            self._fail(claim, failure_of(error, claim.attempts))
            return False
        except Exception as error:  # noqa: BLE001 - one delivery's defect must not stand in the way of the others
            _log.exception("outbox %s %s: a defect", claim.kind, claim.key)
            self._fail(claim, Failure(f"defect: {type(error).__name__}", is_permanent=False))
            return False
        self._store.write(lambda uow: outbox.done(uow, claim), urgency=Urgency.LANE)
        return True

    def _fail(self, claim: Claim, failure: Failure) -> None:
        _log.info("outbox %s %s: %s", claim.kind, claim.key, failure.error)
        self._store.write(
            lambda uow: outbox.fail(
                uow, claim, failure.error, permanent=failure.is_permanent, retry_after_s=failure.retry_after_s
            ),
            urgency=Urgency.LANE,
        )
        if failure.is_permanent and claim.kind in self._give_ups:
            self._give_ups[claim.kind](claim, failure.words or failure.error)


def failure_of(error: Exception, attempts: int) -> Failure:
    """Sort an expected error: what a repeat may mend, and what only a person can."""
    is_permanent, retry_after_s = False, None
    if isinstance(error, RateLimited):
        retry_after_s = error.retry_after_s
    elif isinstance(error, ContractBroken):
        # A portal page or half an update on the other side looks like this too, and passes.
        is_permanent = attempts >= _BROKEN_TRIES
    elif isinstance(error, AuthExpired):
        retry_after_s = 300.0
    elif not isinstance(error, Unavailable):
        is_permanent = isinstance(error, (Rejected, DomainError))
    return Failure(kept_text(error), is_permanent, retry_after_s, words=str(error))
