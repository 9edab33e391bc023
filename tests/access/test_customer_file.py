"""The customer file: found by what a clerk knows, masked, seen in clear for a reason, erased for good."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.access.customer_file import customer_no
from core.db.models import Journal
from core.runtime.errors import NotFound, Refused
from tests.support.fake_shop import LIN, line

WANG = replace(LIN, name="王小明", phone="13911112222", address="文三路9号3幢501室")


@pytest.fixture
def two(world):
    world.ready("A1", line("1", "BEAR"), consignee=LIN, buyer_key="lin-account", buyer_name="林家小店")
    world.ready("B1", line("1", "BAG"), consignee=WANG, buyer_key="wang-account")
    return world


def found(world, search="", limit=50):
    return [row.name for row in world.desk.customers.page(search, None, limit).rows]


def detail_of(world, no="A1"):
    return world.desk.customers.detail(world.order(no).customer_id)


def test_the_list_is_masked_and_newest_first(two):
    rows = two.desk.customers.page("", None, 50).rows
    assert [(row.name, row.phone, row.region, row.order_count) for row in rows] == [
        ("王**", "139******22", "浙江省 杭州市", 1),
        ("林*", "138******34", "浙江省 杭州市", 1),
    ]


def test_a_clerk_finds_a_customer_by_what_is_known(two):
    for search in ("王小明", "小明", "13911112222", "139-1111-2222", "2222", "B1", "wang-account"):
        assert found(two, search) == ["王**"], search
    assert found(two, customer_no(two.order("B1").customer_id).lower()) == ["王**"]
    assert found(two, "布袋") == [], "goods are no customers"
    assert found(two, "K999999") == []


def test_a_customer_with_many_orders_stands_once_on_a_page(two):
    for number in range(3):
        two.ready(f"C{number}", line("1", "BEAR"), consignee=LIN, buyer_key="lin-account")
    page = two.desk.customers.page("林晓", None, 2)
    assert [row.order_count for row in page.rows] == [4]
    rest = two.desk.customers.page("林晓", page.next_after, 2)
    assert [row.order_count for row in rest.rows] == [4], "the next page may name them again"


def test_pages_of_the_whole_list_go_on_where_they_ended(two):
    first = two.desk.customers.page("", None, 1)
    second = two.desk.customers.page("", first.next_after, 1)
    assert [row.name for row in (*first.rows, *second.rows)] == ["王**", "林*"]


def test_the_drawer_holds_accounts_receivers_orders_and_changes(two):
    two.shop.move("A1", "练习路9号3幢1室")
    two.sync("A1")
    detail = detail_of(two)
    assert [(one.shop_name, one.buyer_name) for one in detail.accounts] == [("练习店", "林***"), ("", "")]
    new, old = detail.receivers
    assert (new.order_count, old.order_count) == (1, 0)
    assert new.used_at is not None
    assert old.used_at is None
    assert "301" not in old.address + new.address
    assert [(order.order_no, order.shop_name) for order in detail.orders] == [("A1", "练习店")]
    assert detail.changes[0].kind == "consignee_changed"
    assert detail.open_count == 1
    assert two.desk.customers.detail(999_999) is None


def test_a_look_gives_one_receiver_and_stands_with_its_order(two):
    detail = detail_of(two)
    clear = two.desk.customers.unmask(detail.row.id, detail.receivers[0].consignee_id, "check_address")
    assert (clear.name, clear.phone, clear.times) == (LIN.name, LIN.phone, 1)
    assert LIN.name not in repr(clear)
    (row,) = two.rows(select(Journal.subject_id, Journal.facts).where(Journal.action == "order.unmasked"))
    assert row.subject_id == two.order("A1").id
    assert row.facts["why"] == "check_address"
    assert LIN.name not in str(row.facts)
    assert [entry.action for entry in two.desk.orders.detail(row.subject_id).timeline].count("order.unmasked") == 1
    assert two.desk.orders.unmask(two.order("B1").id, "after_sale").times == 2, "looks are counted together"


def test_nobody_looks_without_a_reason_or_into_another_file(two):
    lin, wang = detail_of(two), detail_of(two, "B1")
    with pytest.raises(Refused):
        two.desk.customers.unmask(lin.row.id, lin.receivers[0].consignee_id, "curious")
    with pytest.raises(NotFound):
        two.desk.customers.unmask(lin.row.id, wang.receivers[0].consignee_id, "after_sale")
    assert two.rows(select(Journal.id).where(Journal.action == "order.unmasked")) == []


def test_what_a_platform_masks_stays_masked(world):
    world.ready("M1", line("1", "BEAR"), consignee=replace(LIN, name="林**", phone="138****1234", is_masked=True))
    detail = detail_of(world, "M1")
    assert detail.receivers[0].is_masked_by_platform
    with pytest.raises(Refused) as refused:
        world.desk.customers.unmask(detail.row.id, detail.receivers[0].consignee_id, "after_sale")
    assert refused.value.code == "unmask.by_platform"


def test_an_erased_customer_keeps_orders_and_nothing_else(two):
    customer_id = two.order("A1").customer_id
    with pytest.raises(Refused) as refused:
        two.desk.customers.erase(customer_id)
    assert refused.value.code == "customer.open_orders"
    two.desk.pack("A1")
    two.desk.ship(two.number("A1"))
    assert two.desk.customers.erase(customer_id) == 1
    detail = two.desk.customers.detail(customer_id)
    assert detail.row.is_erased
    assert detail.row.name == ""
    assert detail.accounts == ()
    assert all(one.is_erased for one in detail.receivers)
    assert [order.order_no for order in detail.orders] == ["A1"]
    assert detail.changes[0].kind == "erased"
    assert found(two, "林晓") == []
    with pytest.raises(Refused):
        two.desk.customers.unmask(customer_id, detail.receivers[0].consignee_id, "after_sale")
