"""Column types mean the same on both engines, and nothing personal is stored in clear by omission."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select, text
from sqlalchemy.exc import StatementError

from core.db.cipher import AesCipher
from core.db.engines import postgres_engines, sqlite_engines
from core.db.models import AppliedKey
from core.db.types import Instant, Personal, PersonalBytes
from core.runtime.clock import SystemClock
from tests.support.stores import START, TEST_KEY

TABLE = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("phone", Personal("thing.phone")),
    Column("raw", PersonalBytes("thing.raw")),
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


def test_personal_text_and_bytes_come_back(engines):
    row = {"id": 1, "phone": "13800138000", "raw": b"\x00raw"}
    with engines.writer.begin() as connection:
        connection.execute(TABLE.insert(), [row, {"id": 2, "phone": None, "raw": None}])
    with engines.reader.begin() as connection:
        found = connection.execute(select(TABLE).order_by(TABLE.c.id)).all()
    assert [tuple(one) for one in found] == [(1, "13800138000", b"\x00raw"), (2, None, None)]


def test_a_server_engine_without_cipher_stores_nothing_personal(postgres_url):
    bare = postgres_engines(postgres_url)
    with bare.writer.begin() as connection:
        TABLE.create(connection)
    for row in ({"id": 1, "phone": "1"}, {"id": 1, "raw": b"1"}):
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
