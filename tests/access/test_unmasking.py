"""Nobody sees a receiver in clear without a line in the journal, and the line names nobody but the looker."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.access.erasing import erase_customer
from core.access.unmasking import looks
from core.db.models import Journal
from core.db.unit_of_work import Actor, UnitOfWork
from core.runtime.errors import NotFound, Refused, Unavailable
from tests.support.fake_shop import LIN, line


@pytest.fixture
def order_id(world):
    world.ready("A1", line("1", "BEAR"))
    return world.order("A1").id


def recorded(world):
    columns = (Journal.operator, Journal.desk, Journal.subject_id, Journal.facts)
    return [tuple(row) for row in world.rows(select(*columns).where(Journal.action == "order.unmasked"))]


def test_a_look_gives_the_receiver_and_is_written_down_without_a_name(world, order_id):
    seen = world.desk.orders.unmask(order_id, "contact_buyer")
    assert (seen.name, seen.phone) == (LIN.name, LIN.phone)
    assert seen.address == f"{LIN.province} {LIN.city} {LIN.district} {LIN.address}"
    assert recorded(world) == [("clerk", "desk 1", order_id, {"why": "contact_buyer"})]
    journal = json.dumps(world.dump()["journal"], ensure_ascii=False, default=str)
    assert not any(word in journal for word in (LIN.name, LIN.phone, LIN.address))
    assert not any(word in repr(seen) for word in (LIN.name, LIN.phone, LIN.address))
    last = world.desk.orders.detail(order_id).timeline[-1]
    assert (last.action, last.operator, last.facts) == ("order.unmasked", "clerk", {"why": "contact_buyer"})


def test_who_cannot_be_recorded_sees_nothing(world, order_id, monkeypatch):
    """The values leave with the commit; a look whose line is lost on the way gives an error and no receiver."""
    flush = UnitOfWork.flush_journal

    def lost(uow):
        raise Unavailable("db.full", "the disk is full; nothing was changed")

    monkeypatch.setattr(UnitOfWork, "flush_journal", lost)
    with pytest.raises(Unavailable):
        world.desk.orders.unmask(order_id, "contact_buyer")
    monkeypatch.setattr(UnitOfWork, "flush_journal", flush)
    assert recorded(world) == []


def test_looks_are_counted_for_each_person_and_day(world, order_id):
    start = world.clock.now()
    assert [world.desk.orders.unmask(order_id, "after_sale").times for _ in range(3)] == [1, 2, 3]
    other = world.new_desk("desk 2")
    other.store.actor = Actor("小李", "desk 2")
    assert other.orders.unmask(order_id, "carrier_asks").times == 1
    assert world.store.read(lambda connection: looks(connection, start)) == {"clerk": 3, "小李": 1}
    world.clock.advance(seconds=timedelta(hours=25).total_seconds())
    assert world.desk.orders.unmask(order_id, "after_sale").times == 1


def test_what_cannot_be_shown_says_why_and_records_nothing(world, order_id):
    with pytest.raises(NotFound, match="no order"):
        world.desk.orders.unmask(order_id + 1, "after_sale")
    with pytest.raises(Refused) as refused:
        world.desk.orders.unmask(order_id, "林晓 13800001234 打来电话")
    assert refused.value.code == "unmask.reason_unknown"
    masked = replace(LIN, name="林*", phone="138****1234", address="练习路***", token="oaid", is_masked=True)
    world.ready("M1", line("1", "BEAR"), consignee=masked)
    assert world.desk.orders.detail(world.order("M1").id).is_masked_by_platform
    assert not world.desk.orders.detail(order_id).is_masked_by_platform
    with pytest.raises(Refused) as refused:
        world.desk.orders.unmask(world.order("M1").id, "after_sale")
    assert refused.value.code == "unmask.by_platform"
    assert recorded(world) == []


def test_an_erased_receiver_is_not_to_be_had(world, order_id):
    world.shop.cancel("A1")
    world.sync("A1")
    world.do(lambda uow: erase_customer(uow, world.order("A1").customer_id))
    with pytest.raises(Refused) as refused:
        world.desk.orders.unmask(order_id, "after_sale")
    assert refused.value.code == "unmask.erased"
