"""Erasing a person erases: nothing is left in any table, nothing comes back, orders and sums stay."""

import json
import zlib
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from core.access.erasing import erase_customer
from core.channels.contract import Consignee
from core.db.schema import all_tables
from core.orders.holds import place_many
from core.runtime.errors import NotFound, Refused
from tests.support.fake_shop import line

WHO = Consignee("司马青衫", "13987654321", "山南省", "月河市", "听雨区", "枕流路77号", "654321")
#: every word that tells who it is, in clear
PERSONAL = (
    "司马青衫",
    "13987654321",
    "枕流路77号",
    "654321",
    "听雨区",
    "qingshan_buyer",
    "给青衫的礼物",
    "门卫转青衫",
)


def _person(world, no="A1", **more):
    facts = {
        "consignee": WHO,
        "buyer_key": "qingshan_buyer",
        "buyer_name": "司马青衫",
        "buyer_note": "给青衫的礼物",
        "seller_note": "门卫转青衫",
        "raw": {"who": WHO.name, "phone": WHO.phone, "address": WHO.address},
    }
    return world.ready(no, line("1", "BEAR"), **(facts | more))


def _sent(world):
    number = _person(world)
    world.desk.pack("A1")
    world.print_labels()
    assert world.desk.ship(number).code == "parcel.shipped"
    assert world.tell_shop() == 1
    return number


def _opened(world):
    """Every value of every table as the program reads it: what is sealed on the server is opened."""

    def tables(connection):
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in all_tables().sorted_tables
        }

    return world.store.read(tables)


def _words(tables):
    """Every text of these tables, raw copies unpacked."""
    words = []
    for table, rows in tables.items():
        for value in (value for row in rows for value in row):
            if isinstance(value, bytes):
                try:
                    words.append(f"{table}: {zlib.decompress(value).decode()}")
                except zlib.error:
                    words.append(f"{table}: {value!r}")
            else:
                words.append(f"{table}: {json.dumps(value, ensure_ascii=False, default=str)}")
    return words


def _found(tables):
    return {(word, where.partition(":")[0]) for word in PERSONAL for where in _words(tables) if word in where}


def test_nothing_personal_stands_outside_its_own_tables(world):
    _sent(world)
    places = {where for _, where in _found(world.dump())}
    # On the server nothing stands in clear at all.
    assert places == ({"consignee", "identity", "channel_copy", "orders"} if world.store.is_sqlite else set())


def test_erasing_leaves_nothing_anywhere(world, caplog):
    caplog.set_level("DEBUG")
    number = _person(world)
    world.desk.packing.open_code("司马青衫", world.desk.nonce())
    parcel = world.desk.pack("A1").parcel
    world.desk.packing.scan_goods(parcel.id, parcel.fence, "寄 司马青衫 13987654321", world.desk.nonce())
    world.do(lambda uow: place_many(uow, [(world.order("A1").id, "by_hand")], "给青衫的礼物"))
    world.desk.orders.release_hold(world.order("A1").id)
    world.print_labels()
    assert world.desk.ship(number).code == "parcel.shipped"
    assert world.tell_shop() == 1
    order = world.order("A1")
    found = _found(_opened(world))
    assert {word for word, _ in found} == set(PERSONAL) - ({"qingshan_buyer"} if not world.store.is_sqlite else set())
    assert {where for _, where in found} >= {"consignee", "orders", "channel_copy", "scan", "hold"}
    assert world.do(lambda uow: erase_customer(uow, order.customer_id)) == 1
    assert _found(_opened(world)) == _found(world.dump()) == set()
    digests = {
        world.digest("phone", WHO.phone),
        world.digest("account", "qingshan_buyer"),
        world.digest(
            "consignee", "\x1f".join(getattr(WHO, name) for name in Consignee.__slots__ if name != "is_masked")
        ),
    }
    assert not [where for where in _words(world.dump()) if any(one in where for one in digests)]
    for typed in ("青衫", "4321", "qingshan_buyer"):
        assert world.listed(search=typed) == []
    assert not any(word in caplog.text for word in PERSONAL)
    after = world.order("A1")
    assert (after.amount_fen, after.fulfilment, after.order_no) == (order.amount_fen, "shipped", "A1")
    for typed in (number, "团团熊"):
        assert [row.order_no for row in world.listed(search=typed)] == ["A1"]
    detail = world.desk.orders.detail(order.id)
    assert (detail.consignee_name, detail.consignee_phone, detail.consignee_address) == ("", "", "")


def test_the_search_index_itself_forgets(file_world):
    world = file_world
    _sent(world)
    term = f"c{ord('司'):x}"

    def holds_term():
        query = "SELECT count(*) FROM order_search_vocab WHERE term = :t"
        return world.store.read(lambda c: c.execute(text(query), {"t": term}).scalar_one())

    with world.store.engines.writer.begin() as connection:
        connection.execute(text("CREATE VIRTUAL TABLE order_search_vocab USING fts5vocab(order_search, row)"))
    assert holds_term() == 1
    world.do(lambda uow: erase_customer(uow, world.order("A1").customer_id))
    assert holds_term() == 0


def test_a_later_copy_of_an_old_order_does_not_bring_the_person_back(world):
    _sent(world)
    world.do(lambda uow: erase_customer(uow, world.order("A1").customer_id))
    world.shop.change("A1", is_shipped=True, consignee=replace(WHO, address="枕流路78号"))
    world.sync("A1")
    world.sync("A1")
    assert _found(_opened(world)) == _found(world.dump()) == set()
    assert world.order("A1").channel_version == 2


def test_a_new_purchase_makes_a_new_customer(world):
    _sent(world)
    old = world.order("A1").customer_id
    world.do(lambda uow: erase_customer(uow, old))
    number = _person(world, "A2")
    assert world.order("A2").customer_id != old
    world.desk.pack("A2")
    (content,) = world.print_labels()
    assert content["consignee"]["name"] == "司马青衫"
    assert world.desk.ship(number).code == "parcel.shipped"
    world.shop.move("A2", "枕流路79号")


def test_a_person_with_an_open_order_is_not_erased(world):
    _person(world)
    customer_id = world.order("A1").customer_id
    with pytest.raises(Refused, match="still to be sent"):
        world.do(lambda uow: erase_customer(uow, customer_id))
    with pytest.raises(NotFound):
        world.do(lambda uow: erase_customer(uow, 404))
