"""Tries to sign in: five are free, then each failure costs a longer pause. A try counts before it is looked at."""

from datetime import timedelta

from sqlalchemy import delete, select, update

from core.access.models import SignInTry
from core.access.people import name_key
from core.access.pins import Digest
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.runtime.errors import Refused

FREE_TRIES = 5
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 30, 3600
#: tries are forgotten after a day without another
_KEPT = timedelta(hours=24)
_KIND = "sign in"


def key_of_name(name: str, digest: Digest) -> str:
    """Under which tries for a name are counted, whether it is anybody's or not."""
    return digest(_KIND, f"name {name_key(name)}")


def key_of_badges(desk: str, digest: Digest) -> str:
    """Under which unknown badges at a desk are counted."""
    return digest(_KIND, f"badges at {desk}")


def pause_s(bad_tries: int) -> int:
    """How long nobody may try again after so many failures."""
    if bad_tries < FREE_TRIES:
        return 0
    return min(_FIRST_PAUSE_S << min(bad_tries - FREE_TRIES, 16), _LONGEST_PAUSE_S)


def take_try(uow: UnitOfWork, key: str) -> int:
    """Count a try as failed, before anybody knows how it ends; gives how many have failed with it.

    Counted in a transaction of its own, so that tries made at the same moment all count.

    Raises:
        Refused: `signin.wait`, it is too early; nothing is counted.
    """
    uow.execute(delete(SignInTry).where(SignInTry.last_at < uow.now - _KEPT))
    fresh = {"key": key, "bad_tries": 0, "not_before_at": uow.now, "last_at": uow.now}
    uow.execute(insert_or_ignore(uow.connection, SignInTry), fresh)
    mine = SignInTry.key == key
    query = select(SignInTry.bad_tries, SignInTry.not_before_at).where(mine).with_for_update()
    row = uow.execute(query).one()
    if row.not_before_at > uow.now:
        left = int((row.not_before_at - uow.now).total_seconds()) + 1
        raise Refused("signin.wait", f"too many failed tries; wait {left} s", seconds=left)
    count = int(row.bad_tries) + 1
    until = uow.now + timedelta(seconds=pause_s(count))
    uow.execute(update(SignInTry).where(mine).values(bad_tries=count, not_before_at=until, last_at=uow.now))
    return count


def forget_tries(uow: UnitOfWork, key: str) -> None:
    """Somebody got in."""
    uow.execute(delete(SignInTry).where(SignInTry.key == key))
