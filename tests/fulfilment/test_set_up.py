"""Who sends, said once for every carrier; and whether a shop has been set up at all."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.access.rights import Role
from core.db.models import Journal
from core.desk.set_up import SetUp
from core.practice.catalogue import practice_catalogue
from core.practice.moving_in import move_in
from core.practice.server import kept_secrets
from core.runtime.errors import Refused
from core.waybills.accounts import account_of
from core.waybills.contract import Sender
from tests.support.staff import Staffed
from tests.support.world import CARRIER

HOUSE = Sender("熊猫小店", "0571-88880000", "浙江省", "杭州市", "西湖区", "文三路9号2楼")


def test_the_sender_is_on_the_next_label_of_every_account(world):
    desk = SetUp(world.desk.store)
    assert desk.sender() is None
    desk.keep_sender(replace(HOUSE, name="  熊猫小店 "))
    assert desk.sender() == HOUSE
    account = world.store.read(lambda connection: account_of(connection, CARRIER))
    assert account.sender == HOUSE
    desk.keep_sender(replace(HOUSE, phone="13800001111"))
    assert desk.sender().phone == "13800001111"


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", " "), ("phone", "call me"), ("address", "文三路\x1b9号"), ("address", "文三路***")],
)
def test_an_address_to_which_nothing_comes_back_is_refused(world, field, value):
    desk = SetUp(world.desk.store)
    with pytest.raises(Refused) as refused:
        desk.keep_sender(replace(HOUSE, **{field: value}))
    assert (refused.value.code, refused.value.facts["field"]) == ("sender.field_bad", field)
    assert desk.sender() is None


def test_the_practice_shop_sends_under_the_owners_name_also_after_the_next_start(world, tmp_path):
    keys = kept_secrets(tmp_path)
    SetUp(world.desk.store).keep_sender(HOUSE)
    for _ in range(2):
        world.store.write(
            lambda uow: move_in(uow, "http://127.0.0.1:1", "http://127.0.0.1:2", keys, practice_catalogue())
        )
    assert world.store.read(lambda connection: account_of(connection, "PX")).sender == HOUSE


def test_nothing_of_the_sender_stands_in_the_journal(world):
    SetUp(world.desk.store).keep_sender(HOUSE)
    rows = world.store.read(lambda connection: connection.execute(select(Journal.action, Journal.facts)).all())
    saved = [row for row in rows if row.action == "sender.saved"]
    assert len(saved) == 1
    assert not any(word in str(rows) for word in (HOUSE.name, HOUSE.phone, HOUSE.address))


def test_who_may_not_change_settings_neither_reads_nor_writes_the_sender(world):
    staff = Staffed(world, world.desk)
    desk = SetUp(staff.store)
    staff.hire("老板", Role.ADMIN)
    staff.hire("小李", Role.PACKER)
    staff.arrive("小李")
    for act in (desk.sender, lambda: desk.keep_sender(HOUSE)):
        with pytest.raises(Refused, match="right") as refused:
            act()
        assert refused.value.code == "right.missing"
    staff.arrive("老板")
    desk.keep_sender(HOUSE)
    assert desk.sender() == HOUSE


def test_a_database_with_a_shop_is_not_new(world):
    assert not SetUp(world.desk.store).is_new()
