"""Column types mean the same on both engines, and nothing personal is stored in clear by omission."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError

from core.db.cipher import AesCipher
from core.db.engines import postgres_engines, sqlite_engines
from core.db.models import AppliedKey
from core.db.types import Instant, Personal, PersonalBytes, PersonalJson
from core.runtime.clock import SystemClock
from tests.support.stores import START, TEST_KEY

TABLE = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("phone", Personal("thing.phone")),
    Column("raw", PersonalBytes("thing.raw")),
    Column("sender", PersonalJson("thing.sender")),
)


@pytest.fixture
def engines(request, engine_kind, tmp_path):
    if engine_kind == "sqlite":
        found = sqlite_engines(tmp_path / "t.db", TEST_KEY.file_key)
    else:
        found = postgres_engines(request.getfixturevalue("postgres_url"), AesCipher(TEST_KEY))
    with found.writer.begin() as connection:
        TABLE.create(connection)
    yield found
    found.dispose()


def test_personal_values_come_back(engines):
    rows = [
        (1, "13800138000", b"\x00raw", {"name": "张三", "phone": "13800138000"}),
        (2, None, None, None),
        (3, "", b"", {}),
    ]
    with engines.writer.begin() as connection:
        connection.execute(TABLE.insert(), [dict(zip(TABLE.columns.keys(), row, strict=True)) for row in rows])
    with engines.reader.begin() as connection:
        found = connection.execute(select(TABLE).order_by(TABLE.c.id)).all()
    assert [tuple(one) for one in found] == rows


def test_only_the_server_gets_cipher_text(engines, engine_kind):
    row = {"id": 1, "phone": "13800138000", "raw": b"13800138000", "sender": {"phone": "13800138000"}}
    with engines.writer.begin() as connection:
        connection.execute(TABLE.insert(), row)
    with engines.reader.begin() as connection:
        stored = connection.execute(text("SELECT phone, raw, sender FROM thing")).one()
    assert ["13800138000" in str(value) for value in stored] == [engine_kind == "sqlite"] * 3


def test_inside_the_encrypted_file_a_personal_value_costs_nothing():
    """A call for every value of every row would be felt at intake."""
    dialect = sqlite.dialect()
    for kind in (Personal("a.b"), PersonalBytes("a.b")):
        assert kind.dialect_impl(dialect).bind_processor(dialect) is None
        assert kind.dialect_impl(dialect).result_processor(dialect, None) is None


def test_a_server_engine_without_cipher_stores_nothing_personal(postgres_url):
    bare = postgres_engines(postgres_url)
    with bare.writer.begin() as connection:
        TABLE.create(connection)
    for row in ({"id": 1, "phone": "1"}, {"id": 1, "raw": b"1"}, {"id": 1, "sender": {}}):
        with pytest.raises(StatementError, match="no cipher"), bare.writer.begin() as connection:
            connection.execute(TABLE.insert(), row)
    with bare.reader.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM thing")).scalar_one() == 0
    bare.dispose()


def test_a_time_without_a_zone_is_a_defect(store):
    naive = datetime(2026, 6, 18, 9, 30)  # noqa: DTZ001 - what must be refused
    with pytest.raises(StatementError, match="zone"):
        store.write(lambda uow: uow.insert(AppliedKey, {"key": "k", "at": naive, "result": {}}))


def test_a_time_from_any_zone_comes_back_as_the_same_moment_in_utc(store):
    shanghai = timezone(timedelta(hours=8))
    at = datetime(2026, 6, 18, 17, 30, 0, 123000, tzinfo=shanghai)
    store.write(lambda uow: uow.insert(AppliedKey, {"key": "k", "at": at, "result": {}}))
    found = store.read(lambda connection: connection.execute(select(AppliedKey.at)).scalar_one())
    assert found == at
    assert found.tzinfo is UTC


def test_times_before_1970_keep_their_order():
    early, late = (Instant().process_bind_param(START - timedelta(days=days), None) for days in (40_000, 39_999))
    assert early < late < 0


@pytest.mark.postgres
def test_on_postgres_the_time_of_a_transaction_is_the_servers(make_store):
    store = make_store("postgres", SystemClock())

    def operation(uow):
        server = uow.execute(text("SELECT clock_timestamp()")).scalar_one()
        return uow.now, uow.now, server

    first, second, server = store.write(operation)
    assert first == second
    assert (
        timedelta(0) <= first - server.replace(microsecond=server.microsecond // 1000 * 1000) < timedelta(seconds=5)
    )


@pytest.mark.postgres
def test_on_postgres_searches_are_never_prepared_and_see_one_snapshot(make_store):
    store = make_store("postgres")
    with store.engines.reader.connect() as connection:
        assert connection.connection.dbapi_connection.prepare_threshold is None
        assert connection.execute(text("SHOW transaction_isolation")).scalar_one() == "repeatable read"
        assert connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on"
    with store.engines.writer.connect() as connection:
        assert connection.connection.dbapi_connection.prepare_threshold is not None
        assert connection.execute(text("SHOW transaction_isolation")).scalar_one() == "read committed"
