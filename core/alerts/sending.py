"""Carrying messages out of the outbox: at the pace a channel bears, never twice unmarked, on another way if need be.

A message has no key that a robot would know again. What is known to have arrived is never sent again. Where it is not
known (the program was killed between sending and noting, or the answer was lost) it is sent once more with a mark
that says so: a doubled alert is a nuisance, a lost one is silence.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, func, select, text, update

from core.alerts import telling, wording
from core.alerts.engine import SUBJECT
from core.alerts.models import IS_PENDING, Alert, AlertChannel, AlertContact, AlertNotice
from core.alerts.notifiers.contract import Message, WayBroken
from core.alerts.notifiers.mail import listed
from core.alerts.notifiers.ways import KINDS, WaysOut
from core.alerts.policy import LANGUAGE_SETTING
from core.alerts.wording import DIGEST_FROM, Say, Saying
from core.db.models import Setting
from core.db.outbox import Claim
from core.db.turn import take_turn
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.runtime.errors import DomainError, NotFound
from core.runtime.remote_errors import (
    AuthExpired,
    ChannelError,
    ContractBroken,
    RateLimited,
    Rejected,
    Temporary,
)

_MINUTE: Final = timedelta(seconds=60)
#: so many notices at most are gathered into one message
_MOST_GATHERED: Final = 200
#: after so many failures that may pass by themselves the next way is taken, where there is one
_TRIES: Final = 3
#: a message that somebody else began so long ago was never finished
_STALE: Final = timedelta(seconds=120)
_SOON_S: Final = 5.0
_IS_PENDING: Final = text(f"alert_notice.{IS_PENDING}")


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A message ready to go, with the notices that it carries."""

    kind: str
    access: Mapping[str, str] = field(repr=False)
    message: Message
    to: tuple[str, ...] = field(repr=False)
    notices: tuple[int, ...]
    tellings: tuple[tuple[int, int], ...]


class Carrier:
    """The handler of the outbox kind `alert.tell`."""

    def __init__(self, store: Store, ways: WaysOut, say: Say) -> None:
        self._store = store
        self._ways = ways
        self._say = say

    def tell(self, claim: Claim) -> None:
        """Send what a claim is about, with everything else that waits for the channel where that is much.

        Raises:
            RateLimited, Temporary: it has to be tried again later.
        """
        parcel = self._write(lambda uow: self._pack(uow, claim))
        if parcel is None:
            return
        channel_id = int(claim.payload["channel_id"])
        try:
            self._ways.open(parcel.kind, parcel.access).send(parcel.message, parcel.to)
        except RateLimited as error:
            wait_s = error.retry_after_s
            self._write(lambda uow: _put_off(uow, channel_id, parcel, wait_s))
            raise
        except (Rejected, AuthExpired, DomainError) as error:
            said = _code_of(error)
            is_broken = not isinstance(error, Rejected) or isinstance(error, WayBroken)
            self._write(lambda uow: _give_up(uow, channel_id, parcel, said, is_broken=is_broken))
            return
        except ChannelError as error:
            said, is_enough = _code_of(error), claim.attempts >= _TRIES
            if is_enough and isinstance(error, ContractBroken):
                # Somebody answered each time: most likely it is read out each time.
                self._write(lambda uow: _give_up(uow, channel_id, parcel, said, is_broken=False))
                return
            if is_enough and self._write(lambda uow: _pass_on(uow, channel_id, parcel, claim, said)):
                return
            # It may have arrived: the notices stay as "sending", and the next try carries the mark.
            raise Temporary("The message could not be sent", code=said) from None
        self._write(lambda uow: _note_told(uow, channel_id, parcel))

    def test(self, channel_id: int, to: Sequence[str]) -> None:
        """Send a test now; a channel that was broken works again where it arrives. Waits for the network.

        A mail account without a list of its own sends it to itself.

        Raises:
            ChannelError: it was not sent; a channel that fails for good is broken from now on.
            NotFound: `alert.no_channel`.
        """
        key = self._write(lambda uow: _begin_test(uow, channel_id))
        row, language = self._store.read(lambda connection: (_channel(connection, channel_id), _language(connection)))
        message = Message(self._say(language, "alert.test", {}), (self._say(language, "alert.test.line", {}),))
        try:
            self._ways.open(row.kind, row.access).send(message, to or _own_address(row))
        except (ChannelError, DomainError) as error:
            said, is_broken = _code_of(error), isinstance(error, (WayBroken, AuthExpired, DomainError))
            self._write(lambda uow: _end_test(uow, channel_id, key, said, is_broken=is_broken))
            raise
        self._write(lambda uow: _end_test(uow, channel_id, key, "", is_broken=False))

    def _write(self, operation: Any) -> Any:
        return self._store.write(operation, urgency=Urgency.LANE)

    def _pack(self, uow: UnitOfWork, claim: Claim) -> _Parcel | None:
        """Within one transaction: what is to be sent now, marked as on its way before the first byte."""
        channel_id, alert_id, turn = (int(claim.payload[name]) for name in ("channel_id", "alert_id", "turn"))
        # Two programs that send through one robot at once would each count without the other.
        take_turn(uow, telling.lane_of(channel_id))
        mine = (AlertNotice.alert_id == alert_id, AlertNotice.turn == turn)
        own = uow.rows(
            select(*AlertNotice.__table__.c).where(*mine, AlertNotice.channel_id == channel_id, _IS_PENDING)
        )
        if not own:
            return None
        channel = _channel(uow.connection, channel_id)
        if not channel.is_on or channel.broken_at is not None:
            _settle(uow, [row.id for row in own], channel.broken_why or "off")
            return None
        _keep_pace(uow, channel)
        carried = [row for row in own if row.state == "sending" and row.message != claim.key]
        if any(row.sent_at is not None and row.sent_at > uow.now - _STALE for row in carried):
            raise RateLimited("Another message carries it", code="alert.carried", retry_after_s=_SOON_S)
        waiting = _waiting(uow, channel_id, (alert_id, turn), claim.key)
        if len({(row.alert_id, row.turn) for row in waiting}) < DIGEST_FROM:
            waiting = [row for row in waiting if (row.alert_id, row.turn) == (alert_id, turn)]
        waiting = _without_what_is_over(uow, waiting)
        if not waiting:
            return None
        ids = [row.id for row in waiting]
        on_its_way = {"state": "sending", "message": claim.key, "sent_at": uow.now}
        uow.execute(update(AlertNotice).where(AlertNotice.id.in_(ids)).values(**on_its_way))
        sayings = _sayings(waiting)
        language, is_repeat = _language(uow.connection), any(row.state == "sending" for row in waiting)
        if len(sayings) == 1:
            message = wording.single(self._say, language, sayings[0], is_repeat=is_repeat)
        else:
            message = wording.digest(self._say, language, sayings, is_repeat=is_repeat)
        tellings = tuple((one.alert_id, one.turn) for one in sayings)
        return _Parcel(channel.kind, channel.access, message, _addresses(uow, channel, waiting), tuple(ids), tellings)


# --- within the transaction that packs ------------------------------------------------------------------------------


def _channel(connection: Any, channel_id: int) -> Any:
    row = connection.execute(select(*AlertChannel.__table__.c).where(AlertChannel.id == channel_id)).one_or_none()
    if row is None:
        raise NotFound("alert.no_channel", f"there is no channel {channel_id}")
    return row


def _language(connection: Any) -> str:
    query = select(Setting.value).where(Setting.name == LANGUAGE_SETTING)
    said = connection.execute(query).scalar_one_or_none()
    return said if said in {"zh_CN", "en"} else "zh_CN"


def _keep_pace(uow: UnitOfWork, channel: Any) -> None:
    """Refuse where the platform would; counted in the records, so that two programs share one allowance."""
    if channel.blocked_until_at is not None and channel.blocked_until_at > uow.now:
        rest = (channel.blocked_until_at - uow.now).total_seconds()
        raise RateLimited("The robot takes nothing yet", code="alert.blocked", retry_after_s=rest)
    pace = KINDS[channel.kind].pace if channel.kind in KINDS else KINDS["wecom"].pace
    query = (
        select(func.max(AlertNotice.sent_at).label("at"))
        .where(AlertNotice.channel_id == channel.id, AlertNotice.sent_at > uow.now - _MINUTE)
        .group_by(AlertNotice.message)
    )
    sent: list[datetime] = sorted(row.at for row in uow.rows(query))
    rest_s = 0.0
    if len(sent) >= pace.per_minute:
        rest_s = (sent[-pace.per_minute] + _MINUTE - uow.now).total_seconds()
    second = [at for at in sent if at > uow.now - timedelta(seconds=1)]
    if len(second) >= pace.per_second:
        rest_s = max(rest_s, 1.0)
    if rest_s > 0:
        raise RateLimited("The robot is used as often as it may be", code="alert.pace", retry_after_s=rest_s)


def _waiting(uow: UnitOfWork, channel_id: int, telling_of: tuple[int, int], key: str) -> list[Any]:
    """What waits for the channel, with its alerts: a claim's own telling, and the oldest of what else there is.

    What was begun and never finished is among it.
    """
    columns = (Alert.rule, Alert.severity, Alert.facts, Alert.raised_at, Alert.cleared_at)
    query = (
        select(*AlertNotice.__table__.c, Alert.key.label("alert_key"), *columns)
        .join(Alert, Alert.id == AlertNotice.alert_id)
        .where(AlertNotice.channel_id == channel_id, _IS_PENDING)
        .order_by(AlertNotice.id)
    )
    is_own = and_(AlertNotice.alert_id == telling_of[0], AlertNotice.turn == telling_of[1])
    own = uow.rows(query.where(is_own))
    stale = uow.now - _STALE
    return [
        row
        for row in (*own, *uow.rows(query.where(~is_own).limit(_MOST_GATHERED)))
        if row.state == "queued" or row.message == key or row.sent_at is None or row.sent_at <= stale
    ]


def _without_what_is_over(uow: UnitOfWork, waiting: Sequence[Any]) -> list[Any]:
    """What nobody has to know any more: it ended before anybody was told, and it was nothing grave."""

    def is_stale(row: Any) -> bool:
        return row.cleared_at is not None and row.severity != "critical" and row.state == "queued"

    late = {row.id: row for row in waiting if is_stale(row) and row.event != "clear"}
    if not late:
        return list(waiting)
    alerts = {row.alert_id for row in late.values()}
    told = select(AlertNotice.alert_id).where(
        AlertNotice.alert_id.in_(alerts), AlertNotice.state.in_(("told", "sending")), AlertNotice.event != "clear"
    )
    known = {row.alert_id for row in uow.rows(told)}
    # Who was never told that it began is not told that it ended.
    dropped = set(late) | {
        row.id for row in waiting if is_stale(row) and row.event == "clear" and row.alert_id in alerts - known
    }
    uow.execute(update(AlertNotice).where(AlertNotice.id.in_(dropped)).values(state="dropped"))
    return [row for row in waiting if row.id not in dropped]


def _sayings(waiting: Sequence[Any]) -> list[Saying]:
    found: dict[tuple[int, int], Saying] = {}
    for row in waiting:
        found[row.alert_id, row.turn] = Saying(
            row.alert_id, row.turn, row.event, row.rule, row.alert_key, row.severity, row.facts, row.raised_at,
            row.cleared_at,
        )  # fmt: skip
    return list(found.values())


def _addresses(uow: UnitOfWork, channel: Any, waiting: Sequence[Any]) -> tuple[str, ...]:
    ids = {row.contact_id for row in waiting if row.contact_id is not None}
    query = select(AlertContact.address).where(AlertContact.id.in_(ids)).order_by(AlertContact.id)
    found = [row.address for row in uow.rows(query) if row.address]
    if _is_mail(channel) and any(row.contact_id is None for row in waiting):
        # A group hears whatever is said in it; a list has to be named beside the others.
        found += listed(channel.access)
    return tuple(dict.fromkeys(found))


def _is_mail(channel: Any) -> bool:
    return channel.kind in KINDS and not KINDS[channel.kind].is_group


def _own_address(channel: Any) -> tuple[str, ...]:
    return (channel.access["sender"],) if _is_mail(channel) and not listed(channel.access) else ()


# --- what came of it ------------------------------------------------------------------------------------------------


def _note_told(uow: UnitOfWork, channel_id: int, parcel: _Parcel) -> None:
    uow.execute(update(AlertNotice).where(AlertNotice.id.in_(parcel.notices)).values(state="told", error=""))
    _changed(uow, channel_id, parcel)


def _put_off(uow: UnitOfWork, channel_id: int, parcel: _Parcel, wait_s: float) -> None:
    """It was certainly not taken: nothing has to be marked, and the whole channel rests."""
    uow.execute(update(AlertNotice).where(AlertNotice.id.in_(parcel.notices)).values(state="queued"))
    until = uow.now + timedelta(seconds=wait_s)
    uow.execute(update(AlertChannel).where(AlertChannel.id == channel_id).values(blocked_until_at=until))
    _changed(uow, channel_id, parcel)


def _give_up(uow: UnitOfWork, channel_id: int, parcel: _Parcel, said: str, *, is_broken: bool) -> None:
    """It will never be taken here: the next way is tried, and a channel that is no good any more is said to be."""
    if is_broken:
        _break(uow, channel_id, said)
    _settle(uow, parcel.notices, said)
    _changed(uow, channel_id, parcel)


def _pass_on(uow: UnitOfWork, channel_id: int, parcel: _Parcel, claim: Claim, said: str) -> bool:
    """It does not get through for now: who has another way takes it; whether nothing of the claim's own is left.

    Who has none stays here: the last way is tried until it works.
    """
    passed = telling.pass_on(uow, parcel.notices, is_final=False)
    _fail(uow, passed.notices, said)
    _changed(uow, channel_id, parcel)
    mine = (AlertNotice.alert_id == claim.payload["alert_id"], AlertNotice.turn == claim.payload["turn"])
    left = select(AlertNotice.id).where(*mine, AlertNotice.channel_id == channel_id, AlertNotice.state == "sending")
    return not uow.rows(left.limit(1))


def _settle(uow: UnitOfWork, notice_ids: Sequence[int], said: str) -> None:
    """These are not carried by this channel any more; where no way is left the next in the chain is told at once."""
    _fail(uow, notice_ids, said)
    unheard = telling.pass_on(uow, notice_ids, is_final=True).unheard
    pressing = (Alert.id.in_(unheard), Alert.acked_at.is_(None), Alert.cleared_at.is_(None))
    waits = Alert.next_step_at.is_not(None)
    uow.execute(update(Alert).where(*pressing, waits, Alert.step < 2).values(next_step_at=uow.now))


def _fail(uow: UnitOfWork, notice_ids: Collection[int], said: str) -> None:
    uow.execute(update(AlertNotice).where(AlertNotice.id.in_(notice_ids)).values(state="failed", error=said))


def _break(uow: UnitOfWork, channel_id: int, said: str) -> None:
    here = (AlertChannel.id == channel_id, AlertChannel.broken_at.is_(None))
    if uow.count(update(AlertChannel).where(*here).values(broken_at=uow.now, broken_why=said)):
        uow.record("alert.channel_broken", "alert_channel", channel_id, why=said)


def _changed(uow: UnitOfWork, channel_id: int, parcel: _Parcel) -> None:
    uow.changed(SUBJECT, *(alert_id for alert_id, _ in parcel.tellings))
    uow.changed("alert_channel", channel_id)


def _begin_test(uow: UnitOfWork, channel_id: int) -> str:
    take_turn(uow, telling.lane_of(channel_id))
    channel = _channel(uow.connection, channel_id)
    _keep_pace(uow, channel)
    notice = {
        "turn": 0,
        "event": "test",
        "at": uow.now,
        "person_id": uow.actor.person_id,
        "person_name": uow.actor.operator,
        "channel_id": channel_id,
        "state": "sending",
        "sent_at": uow.now,
    }
    notice_id = uow.insert(AlertNotice, notice)
    key = f"test {notice_id}"
    uow.execute(update(AlertNotice).where(AlertNotice.id == notice_id).values(message=key))
    uow.record("alert.tested", "alert_channel", channel_id)
    return key


def _end_test(uow: UnitOfWork, channel_id: int, key: str, said: str, *, is_broken: bool) -> None:
    state = {"state": "failed" if said else "told", "error": said}
    here = (AlertNotice.channel_id == channel_id, AlertNotice.message == key)
    uow.execute(update(AlertNotice).where(*here, AlertNotice.state == "sending").values(**state))
    if is_broken:
        _break(uow, channel_id, said)
    elif not said:
        mended = {"broken_at": None, "broken_why": "", "blocked_until_at": None}
        uow.execute(update(AlertChannel).where(AlertChannel.id == channel_id).values(**mended))
    uow.changed("alert_channel", channel_id)


def _code_of(error: Exception) -> str:
    """What is kept of a failure: its code, never its words."""
    return getattr(error, "code", "") or type(error).__name__
