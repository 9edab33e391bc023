"""Whoever carries the disk away reads nobody's name: a day's work, then every byte it left is searched.

Each test has its twin with the encryption off, which must find every mark: a search that finds nothing proves
nothing by itself.
"""

import logging
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url

from core.channels.contract import Consignee
from core.customers import service as customers
from core.db import engines
from core.db.backup import Source, make_backup
from core.db.migrations.runner import migrate_postgres, migrate_sqlite
from core.sync import unread
from core.waybills.accounts import Account, keep_house_sender, save_account
from core.waybills.contract import Sender
from tests.support import world as worlds
from tests.support.fake_shop import line
from tests.support.postgres_programs import find_postgres_programs
from tests.support.world import CARRIER, KEY, Address, World

pytestmark = pytest.mark.expected_log("cannot be stored", "core.sync.pulling")


@dataclass(frozen=True, slots=True)
class Marks:
    """A word of its own for every personal field, none of them in any other test's data."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    address: str
    postcode: str
    token: str
    buyer_key: str
    buyer_name: str
    buyer_note: str
    seller_note: str
    own_note: str
    raw_copy: str
    hold_note: str
    scanned: str
    sender_name: str
    sender_phone: str
    sender_address: str

    @classmethod
    def new(cls) -> "Marks":
        digits = str(uuid4().int)[:16]
        return cls(**{f.name: f"{f.name}{uuid4().hex[:12]}" for f in fields(cls)} | {"phone": f"139{digits}"})

    def found_in(self, data: bytes) -> set[str]:
        return {f.name for f in fields(self) if getattr(self, f.name).encode() in data}


def everything(*but: str) -> set[str]:
    return {f.name for f in fields(Marks)} - set(but)


def day_at_the_desk(world: World, marks: Marks) -> None:
    """Taken in, changed, held, searched, packed with wrong scans, printed, shipped, told; and an order that breaks."""
    sender = Sender(marks.sender_name, marks.sender_phone, "浙江", "杭州", "余杭", marks.sender_address)
    world.do(lambda uow: save_account(uow, Account("fake", CARRIER, "通通快递", {}, "secret", sender)))
    world.do(lambda uow: keep_house_sender(uow, sender))
    names = ("name", "phone", "province", "city", "district", "address", "postcode", "token")
    who = Consignee(**{name: getattr(marks, name) for name in names})
    facts = {
        "consignee": who,
        "buyer_key": marks.buyer_key,
        "buyer_name": marks.buyer_name,
        "buyer_note": marks.buyer_note,
        "seller_note": marks.seller_note,
        "raw": {"who": marks.raw_copy},
    }
    number = world.ready("A1", line("1", "BEAR", 2), **facts)
    world.shop.move("A1", f"{marks.address} 2")
    world.sync("A1")
    order_id = world.order("A1").id
    # Kept here: this kind of shop takes none.
    world.desk.notes.write(order_id, marks.own_note, "", world.desk.notes.note(order_id))
    world.desk.orders.hold(order_id, "by_hand", marks.hold_note)
    assert [row.order_no for row in world.listed(search=marks.name)] == ["A1"]
    assert [row.order_no for row in world.listed(search=marks.buyer_key)] == ["A1"]
    world.desk.orders.release_hold(order_id)
    world.buy_numbers()
    number = world.number("A1")
    world.desk.packing.open_code(marks.scanned, world.desk.nonce())
    parcel = world.desk.open("A1").parcel
    world.desk.packing.scan_goods(parcel.id, parcel.fence, marks.scanned, world.desk.nonce())
    world.desk.pack("A1")
    (content,) = world.print_labels()
    assert content["sender"]["name"] == marks.sender_name
    assert world.desk.ship(number).code == "parcel.shipped"
    assert world.tell_shop() == 1
    # An order that no table takes: the error's text goes to the log.
    world.shop.place("B1", line("1", "BEAR"), channel_status=None, **facts)
    world.puller().pull(world.shop_record, world.shop)
    assert [one.order_no for one in world.store.read(lambda c: unread.unread(c, world.shop_id))] == ["B1"]


@pytest.fixture
def log_file(tmp_path: Path):
    """Everything that anybody logs, down to the last detail."""
    root = logging.getLogger()
    handler = logging.FileHandler(tmp_path / "packdesk.log", encoding="utf-8")
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield tmp_path / "packdesk.log"
    root.setLevel(before)
    root.removeHandler(handler)
    handler.close()


class NoCipher:
    """What the guard is for: values pass as they are."""

    def __init__(self, key: object) -> None:
        self.encrypt = self.decrypt = self.encrypt_bytes = self.decrypt_bytes = lambda value, place: value


# --- PostgreSQL ---------------------------------------------------------------------------------------------------


def server_bytes(cluster, marks: Marks, log_file: Path) -> tuple[bytes, bytes]:
    """What is left of the day: the dump as text, and the bytes of the server's files with its log and ours."""
    with cluster.fresh_database() as url:
        address = Address(postgres_url=url)
        made = address.engines()
        migrate_postgres(made.writer)
        made.dispose()
        world = World(address)
        day_at_the_desk(world, marks)
        with world.store.engines.reader.begin() as connection:
            copies = connection.exec_driver_sql("SELECT body FROM channel_copy").scalars().all()
        world.close()
        program = find_postgres_programs() / "pg_dump"
        command = [program, "--host", cluster.folder, "--username", "packdesk", make_url(url).database]
        dump = subprocess.run(command, check=True, capture_output=True).stdout
        return dump, cluster.raw_data(with_log=True) + log_file.read_bytes() + b"".join(map(unpacked, copies))


def unpacked(copy: bytes) -> bytes:
    try:
        return zlib.decompress(copy)
    except zlib.error:
        return copy


@pytest.mark.postgres
def test_a_stolen_server_tells_nobodys_name(postgres_cluster, log_file):
    marks = Marks.new()
    dump, files = server_bytes(postgres_cluster, marks, log_file)
    assert b"COPY public.orders" in dump
    assert marks.found_in(dump) == marks.found_in(files) == set()


@pytest.mark.postgres
def test_the_twin_without_encryption_finds_every_mark_on_the_server(postgres_cluster, log_file, monkeypatch):
    monkeypatch.setattr(engines, "create_engine", shows_parameters(engines.create_engine))
    monkeypatch.setattr(worlds, "AesCipher", NoCipher)
    monkeypatch.setattr(customers, "account_key", lambda connection, key, digest: key)
    monkeypatch.setattr("core.orders.search.account_key", lambda connection, key, digest: key)
    marks = Marks.new()
    dump, files = server_bytes(postgres_cluster, marks, log_file)
    assert marks.found_in(dump) == everything("raw_copy")
    assert marks.found_in(files) == everything()
    assert marks.seller_note in log_file.read_text("utf-8")


def shows_parameters(create: Callable) -> Callable:
    def made(*args: Any, hide_parameters: bool, **more: Any) -> Engine:
        assert hide_parameters
        return create(*args, **more)

    return made


# --- SQLite -------------------------------------------------------------------------------------------------------


def folder_bytes(folder: Path, marks: Marks) -> bytes:
    """What is left in the data folder of a running program: file, log beside it, backup, anything else."""
    path = folder / "packdesk.db"
    migrate_sqlite(lambda: engines.connect_sqlite(path, KEY.file_key))
    world = World(Address(sqlite_path=str(path)))
    day_at_the_desk(world, marks)
    make_backup(Source(path, KEY.file_key, {}), folder / "backups", world.clock)
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert {"packdesk.db", "packdesk.db-wal", "packdesk.db-shm", "packdesk.log", "backup.json"} <= {
        file.name for file in files
    }
    data = b"".join(file.read_bytes() for file in files)
    world.close()
    return data


def test_a_stolen_data_folder_tells_nobodys_name(tmp_path, log_file, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    marks = Marks.new()
    assert marks.found_in(folder_bytes(tmp_path, marks)) == set()


def test_the_twin_without_encryption_finds_every_mark_in_the_folder(tmp_path, log_file, monkeypatch):
    monkeypatch.setattr("core.db.driver.key_pragma", lambda key: "SELECT 1")
    monkeypatch.setattr("core.db.backup.key_pragma", lambda key: "SELECT 1")
    monkeypatch.setattr(engines, "create_engine", shows_parameters(engines.create_engine))
    marks = Marks.new()
    assert marks.found_in(folder_bytes(tmp_path, marks)) >= everything("raw_copy")
    assert marks.seller_note in log_file.read_text("utf-8")
