"""The practice shop at the centre's door: reserved at its checkout, paid, pulled and packed as one order."""

import pytest
from sqlalchemy import select

from core.gateway.models import DoorReservation
from core.gateway.wishes import DoorWish, put_wish
from core.orders.models import Order
from core.practice.people import Receiver
from core.practice.refusal import RefusalError
from core.practice.shop import DraftLine, OrderDraft
from desktop.composition import Desk, core_config
from desktop.options import Options
from tests.gateway.test_keeper import free_port

RECEIVER = Receiver("赵练习", "13800000001", "浙江省", "杭州市", "余杭区", "练习路1号")


@pytest.fixture
def desk(tmp_path):
    options = Options(
        data=tmp_path / "data",
        database_url=None,
        key_file=tmp_path / "key",
        recovery_code=None,
        desk="1号台",
        operator="练习",
        is_json=False,
    )
    made = Desk(core_config(options, works_as="serve"), None, virtual_folder=tmp_path / "labels")
    desk_id = made.core.config.desk_id
    made.core.store.write(lambda uow: put_wish(uow, desk_id, DoorWish(is_open=True, port=free_port())))
    made.start(with_practice=True)
    yield made
    made.stop()


def until(is_done) -> None:
    import time

    for _ in range(200):
        if is_done():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


def draft(sku: str, qty: int) -> OrderDraft:
    return OrderDraft("b1", "买家", RECEIVER, [DraftLine(sku, qty)])


def reservations(desk: Desk) -> dict[str, str]:
    query = select(DoorReservation.ref, DoorReservation.state)
    rows = desk.core.store.read(lambda connection: connection.execute(query).all())
    return {row.ref: row.state for row in rows}


@pytest.mark.slow
def test_the_practice_shop_reserves_before_it_sells(desk):
    until(lambda: desk.core.door.view().is_listening)
    shop = desk.practice.server.shop
    assert not desk.practice.uses_door()
    desk.practice.use_door(is_on=True)
    code = shop.catalogue[0].code
    no = shop.place_order(draft(code, 2))
    assert reservations(desk) == {no: "reserved"}
    shop.pay(no)
    assert reservations(desk) == {no: "confirmed"}
    desk.core.pull_shop(desk.practice.shop_id)
    query = select(Order.payment, Order.hold_reason, Order.fulfilment).where(Order.order_no == no)
    (order,) = desk.core.store.read(lambda connection: connection.execute(query).all())
    assert tuple(order) == ("paid", "", "to_pack"), "the pulled order brought its receiver"
    other = shop.place_order(draft(code, 1), is_paid=True)
    assert reservations(desk)[other] == "confirmed"
    gone = shop.place_order(draft(code, 1))
    shop.cancel(gone)
    assert reservations(desk)[gone] == "released"
    # The shop's own number says there is plenty; the centre knows better.
    shop.stock_book.put(code, 9000, None)
    with pytest.raises(RefusalError) as caught:
        shop.place_order(draft(code, 9000))
    assert caught.value.code == "out_of_stock"
    assert not desk.core.stock.discrepancies()


@pytest.mark.slow
def test_a_shut_door_stops_no_sale_of_the_practice_shop(desk):
    until(lambda: desk.core.door.view().is_listening)
    desk.practice.use_door(is_on=True)
    shop = desk.practice.server.shop
    view = desk.core.door.view()
    desk.core.door.revoke_key(view.keys[0].id)
    assert shop.place_order(draft(shop.catalogue[0].code, 1), is_paid=True)
    assert reservations(desk) == {}
    desk.practice.follow_door()
    shop.place_order(draft(shop.catalogue[0].code, 1))
    assert len(reservations(desk)) == 1, "a new key was made"
    desk.core.door.set_wish(DoorWish(is_open=False, port=view.wish.port))
    until(lambda: not desk.core.door.view().is_listening)
    assert shop.place_order(draft(shop.catalogue[0].code, 1), is_paid=True)
    assert len(reservations(desk)) == 1
