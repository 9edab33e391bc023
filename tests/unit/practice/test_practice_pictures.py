"""The practice shop shows pictures over HTTP, and the desk gets them from there and from nowhere else nearby."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from core.catalog.models import Sku
from core.desk.pictures import Pictures
from core.practice.catalogue import practice_catalogue
from core.practice.moving_in import move_in
from core.practice.server import PracticeSecrets, PracticeServer
from core.runtime.clock import SystemClock
from core.runtime.errors import Refused
from core.runtime.http import HttpClient
from core.runtime.remote_errors import ChannelError
from resources.paths import practice_pictures_dir

KEYS = PracticeSecrets.fresh()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PracticeServer]:
    with PracticeServer(tmp_path / "practice", KEYS, SystemClock(), pictures=practice_pictures_dir()) as running:
        yield running


@pytest.fixture
def pictures(store) -> Iterator[Pictures]:
    with HttpClient(SystemClock()) as http:
        yield Pictures(store, lambda: http)


def settle(store, url: str) -> None:
    store.write(lambda uow: move_in(uow, url, f"{url}/carrier", KEYS, practice_catalogue()))


def addresses(store) -> dict[str, str]:
    rows = store.read(lambda connection: connection.execute(select(Sku.code, Sku.picture)).all())
    return {row.code: row.picture for row in rows}


def test_goods_of_the_practice_shop_have_pictures_at_the_shop(store, server, pictures):
    settle(store, server.url)
    for code, address in addresses(store).items():
        assert pictures.fetch(address) == (practice_pictures_dir() / f"{code}.png").read_bytes()
    for name in ("nothing.png", "..%2Fmake_pictures.py", "make_pictures.py"):
        with pytest.raises(ChannelError):
            pictures.fetch(f"{server.url}/pictures/{name}")


def test_an_address_on_this_machine_is_asked_only_where_a_shop_of_ours_is(store, server, pictures, tmp_path):
    address = f"{server.url}/pictures/MF-101.png"
    with pytest.raises(Refused):
        pictures.fetch(address)
    settle(store, server.url)
    assert pictures.fetch(address)
    for other in ("http://127.0.0.1:9/x.png", "http://shop.example/x.png", "https://192.168.1.1/x.png", "file:///x"):
        with pytest.raises(Refused):
            pictures.fetch(other)


def test_a_picture_larger_than_any_photograph_is_broken_off(store, server, pictures, monkeypatch):
    settle(store, server.url)
    monkeypatch.setattr("core.desk.pictures._MAX_BYTES", 1000)
    with pytest.raises(ChannelError) as broken:
        pictures.fetch(f"{server.url}/pictures/MF-101.png")
    assert broken.value.code == "http.size"


def test_pictures_follow_the_shop_and_leave_a_chosen_one_alone(store):
    settle(store, "http://127.0.0.1:4001")
    store.write(lambda uow: uow.execute(update(Sku).where(Sku.code == "MF-101").values(picture="mine.jpg")))
    store.write(lambda uow: uow.execute(update(Sku).where(Sku.code == "MF-102").values(picture="")))
    settle(store, "http://127.0.0.1:4002")
    found = addresses(store)
    assert found["MF-101"] == "mine.jpg"
    assert found["MF-102"] == "http://127.0.0.1:4002/pictures/MF-102.png"
    assert found["FS-101"] == "http://127.0.0.1:4002/pictures/FS-101.png"
