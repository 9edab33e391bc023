"""Signing in at a desk. All of it may be called while nobody is: it is the door."""

from typing import Any

from core.access import sessions
from core.access.gate import OPEN, Gate, declares, person_of
from core.access.people import SUBJECT
from core.access.pins import Digest, is_pin, nobodys_hash
from core.access.records import Session
from core.access.tries import key_of_badges, key_of_name, pause_s, take_try
from core.db.unit_of_work import Actor, Store


class SignIn:
    """Who is here. The answer to a wrong try is the same, and takes as long, whether the name is known or not."""

    def __init__(self, store: Store, gate: Gate, digest: Digest) -> None:
        self._store = store
        self._gate = gate
        self._digest = digest

    @declares(OPEN)
    def session(self) -> Session:
        """Who is here now; reads no database."""
        return Session(self._gate.has_people, self._gate.person, self._gate.lock_minutes)

    @declares(OPEN)
    def by_badge(self, code: str) -> Session:
        """Sign in with what was scanned.

        Raises:
            Refused: `signin.wrong`, `signin.wrong_wait`; `signin.wait`, too many failed tries.
        """
        key = key_of_badges(self._store.actor.desk, self._digest)
        count = self._store.write(lambda uow: take_try(uow, key))
        badge = sessions.badge_digest(code, self._digest)
        row = self._store.read(lambda connection: sessions.by_badge(connection, badge))
        return self._settle(row, row is not None, "badge", key, count)

    @declares(OPEN)
    def by_pin(self, name: str, pin: str) -> Session:
        """Sign in by name. Takes a tenth of a second and more, by design: call it in a lane.

        Raises:
            Refused: as `by_badge`.
        """
        key = key_of_name(name, self._digest)
        count = self._store.write(lambda uow: take_try(uow, key))
        row = self._store.read(lambda connection: sessions.by_name(connection, name))
        is_right = is_pin(pin, nobodys_hash() if row is None else row.pin_hash, self._digest)
        return self._settle(row, is_right, "pin", key, count)

    @declares(OPEN)
    def leave(self, why: str) -> Session:
        """Nobody is here any more: `out`, somebody went, or `idle`, nobody has touched the desk for long."""
        person = self._gate.person
        self._gate.put(None)
        if person is not None:
            who = Actor(person.name, self._store.actor.desk, person.id)
            action = "signin.idle" if why == "idle" else "signin.out"
            self._store.write(lambda uow: uow.record(action, SUBJECT, person.id), actor=who)
        return self.session()

    def _settle(self, row: Any, is_right: bool, way: str, key: str, count: int) -> Session:
        if row is None or not (is_right and row.is_active):
            self._store.write(lambda uow: sessions.note_failure(uow, row, way, count))
            raise sessions.wrong(pause_s(count))
        self._store.write(lambda uow: sessions.note_arrival(uow, row, way, key))
        self._gate.put(person_of(row))
        return self.session()
