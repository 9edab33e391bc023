"""Sets of ids and texts, and rows inserted column by column, mean the same as the plain statements they replace."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Select, Table, Text, bindparam, create_engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from core.db.bulk import insert_on_sqlite
from core.db.engines import postgres_engines, sqlite_engines
from core.db.models import Journal, Outbox, Setting
from core.db.schema import all_tables
from core.db.sets import id_set, packed_ids, packed_texts, text_set
from core.db.unit_of_work import Actor, Store
from core.fulfilment.models import IS_OPEN, Parcel
from core.fulfilment.packing import NEXT_IN_TURN, REST_OF_OWN_BOX
from core.fulfilment.rush import NEXT_OF_THE_GOODS
from core.orders.queries import PILE_PAGES
from core.runtime.clock import ManualClock

_AT = datetime(2026, 6, 18, 1, 2, 3, 456000, tzinfo=UTC)
_ODD = ["plain", "", "带 空格", 'quote " and \\ backslash', "it's", "\u2028 line", "123", "null"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(sqlite_engines(tmp_path / "a.db", bytes(32)), ManualClock(_AT), Actor("clerk", "desk-1"))
    all_tables().create_all(store.engines.writer)
    yield store
    store.close()


def _found(engine: object, asked: list[str]) -> set[str]:
    words = Table("word", MetaData(), Column("w", Text))
    with engine.begin() as connection:  # type: ignore[attr-defined]
        words.create(connection)
        connection.execute(insert(words), [{"w": word} for word in [*_ODD, "other"]])
        query = select(words.c.w).where(words.c.w.in_(text_set("asked")))
        found = set(connection.execute(query, {"asked": packed_texts(asked)}).scalars())
        numbers = select(bindparam("n", 7)).where(bindparam("m", 7).in_(id_set("ids")))
        assert connection.execute(numbers, {"ids": packed_ids([5, 7])}).scalar() == 7
        assert connection.execute(numbers, {"ids": packed_ids([5, 8])}).scalar() is None
        words.drop(connection)
    return found


def test_a_set_of_texts_holds_exactly_its_texts() -> None:
    engine = create_engine("sqlite://")
    assert _found(engine, _ODD) == set(_ODD)
    assert _found(engine, []) == set()
    assert _found(engine, ["Plain", "plai"]) == set()
    engine.dispose()


def test_a_set_of_texts_means_the_same_on_postgresql(postgres_url: str) -> None:
    engines = postgres_engines(postgres_url)
    assert _found(engines.writer, _ODD) == set(_ODD)
    assert _found(engines.writer, []) == set()
    engines.dispose()


def test_rows_put_in_by_columns_read_back_as_they_were(store: Store) -> None:
    shared = {"同": [1, None, "two"]}
    row = {"at": _AT, "operator": "a", "desk": "b", "action": "c", "subject": "d"}
    rows = [row | {"subject_id": number, "facts": shared if number else {"n": number}} for number in range(3)]
    store.write(lambda uow: uow.insert_many(Journal, rows))
    read = store.read(lambda connection: connection.execute(select(*Journal.__table__.c)).all())
    assert [(one.at, one.subject_id, one.facts) for one in read] == [
        (_AT, 0, {"n": 0}),
        (_AT, 1, shared),
        (_AT, 2, shared),
    ]


def test_a_default_fills_what_a_row_leaves_out_and_a_taken_key_is_left_alone_only_where_asked(store: Store) -> None:
    row = {"kind": "k", "key": "1", "payload": {}, "lane": "l", "created_at": _AT, "not_before_at": _AT}

    def put(payload: dict[str, int], *, is_lenient: bool) -> None:
        columns = {name: [value] for name, value in (row | {"payload": payload}).items()}
        store.write(lambda uow: insert_on_sqlite(uow.connection, Outbox, columns, is_lenient=is_lenient))

    put({"first": 1}, is_lenient=False)
    put({"second": 2}, is_lenient=True)
    with pytest.raises(IntegrityError):
        put({"third": 3}, is_lenient=False)
    columns = (Outbox.state, Outbox.attempts, Outbox.payload, Outbox.done_at)
    read = store.read(lambda connection: connection.execute(select(*columns)).all())
    assert [tuple(one) for one in read] == [("waiting", 0, {"first": 1}, None)]


def test_a_column_that_does_not_exist_is_an_error(store: Store) -> None:
    with pytest.raises(KeyError):
        store.write(lambda uow: uow.insert_columns(Outbox, {"kind": ["k"], "colour": ["red"]}))


def test_columns_of_different_length_are_an_error(store: Store) -> None:
    with pytest.raises(ValueError, match="argument 2"):
        store.write(lambda uow: uow.insert_columns(Setting, {"name": ["a", "b"], "value": [1]}))


def test_a_column_of_nulls_is_stored_as_it_was_given(store: Store) -> None:
    """NULL columns are left out of the statement: neither a default nor the null of JSON may take their place."""
    row = {"kind": "k", "payload": None, "lane": "l", "created_at": _AT, "not_before_at": _AT}
    keys = {"key": ["1", "2"], "leased_by": [None, None], "done_at": [None, _AT]}
    store.write(lambda uow: uow.insert_columns(Outbox, keys, **row))
    columns = (Outbox.key, Outbox.payload, Outbox.leased_by, Outbox.done_at, Outbox.state)
    read = store.read(lambda connection: connection.execute(select(*columns)).all())
    assert [tuple(one) for one in read] == [("1", None, None, None, "waiting"), ("2", None, None, _AT, "waiting")]
    with pytest.raises(IntegrityError):
        store.write(lambda uow: uow.insert_columns(Outbox, keys, **row, state=None))


def test_rows_that_lack_a_column_of_the_first_are_an_error(store: Store) -> None:
    row = {"at": _AT, "operator": "a", "desk": "b", "action": "c", "subject": "d", "subject_id": 1, "facts": {}}
    less = {name: value for name, value in row.items() if name != "desk"}
    with pytest.raises(KeyError):
        store.write(lambda uow: uow.insert_many(Journal, [row, less]))


@pytest.mark.parametrize(
    "query", [REST_OF_OWN_BOX, NEXT_OF_THE_GOODS, *NEXT_IN_TURN, PILE_PAGES["held"], PILE_PAGES["short"]]
)
def test_what_a_clerk_waits_for_reads_through_no_table(store: Store, query: Select[Any]) -> None:
    words = {"render_postcompile": True}
    asked = query.params(before=1, many=1, desk="", wave=1, sku=1)
    sql = str(asked.compile(dialect=store.engines.reader.dialect, compile_kwargs=words))
    count = sql.count("?")
    with store.engines.reader.connect() as connection:
        steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (1,) * count)]
    small = ("COVERING INDEX ix_orders_held", "INDEX ix_parcel_rest")
    assert not [step for step in steps if step.startswith("SCAN") and not step.endswith(small)]
    assert not [step for step in steps if "INTEGER PRIMARY KEY (rowid<?)" in step]
    if query is REST_OF_OWN_BOX or query is NEXT_OF_THE_GOODS or query in NEXT_IN_TURN:
        assert not [step for step in steps if step.startswith("USE TEMP")]


def test_the_index_of_open_parcels_needs_its_words_said(store: Store) -> None:
    """Should SQLite learn to see it by itself, IS_OPEN can go."""
    with_words = select(Parcel.id).where(Parcel.state == "to_pack", text(f"parcel.{IS_OPEN}"))
    for query, is_found in ((with_words, True), (select(Parcel.id).where(Parcel.state == "to_pack"), False)):
        sql = str(query.compile(dialect=store.engines.reader.dialect))
        with store.engines.reader.connect() as connection:
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", ("to_pack",)).all())
        assert ("ix_parcel_open" in plan) is is_found
