"""Taking turns: work that only one desk at a time may do inside its transaction."""

import zlib

from sqlalchemy import func, select

from core.db.unit_of_work import UnitOfWork


def take_turn(uow: UnitOfWork, subject: str) -> None:
    """Wait until no other transaction has this turn, and keep it until the end of this one.

    For what is looked up first and inserted then (customers, listings, numbers of waves). SQLite has one writer
    anyway; on PostgreSQL two desks would otherwise meet in a unique key and one would fail.
    """
    if not uow.is_sqlite and uow.is_new_turn(subject):
        uow.execute(select(func.pg_advisory_xact_lock(zlib.crc32(subject.encode()))))
