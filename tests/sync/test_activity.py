"""What goes out, as a person reads it, and sends again on purpose."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.db.models import Journal, Outbox
from core.runtime.errors import NotFound, Refused
from core.runtime.remote_errors import Rejected, Temporary
from core.waybills.numbers import lane_of
from tests.support.fake_shop import line
from tests.support.world import CARRIER


def shipped(world, no="A1"):
    number = world.ready(no, line("1", "BEAR"))
    world.desk.pack(no)
    world.desk.ship(number)
    return number


def pile(world, name, limit=50):
    return world.desk.activity.page(name, None, limit).rows


def test_what_waits_says_what_for_whom_and_which_order(world):
    shipped(world)
    (row,) = pile(world, "waiting")
    assert (row.kind, row.target, row.order_nos, row.trouble) == ("confirm_shipment", "练习店", ("A1",), "")
    done = pile(world, "done")
    assert [(one.kind, one.target, one.order_nos, one.waybill_no) for one in done] == [
        ("obtain_waybill", "通通快递", ("A1",), world.number("A1"))
    ]
    assert world.desk.activity.counts() == {"waiting": 1, "failed": 0, "conflict": 0}


def test_a_refused_shipment_is_told_again_on_purpose(world):
    shipped(world)
    world.shop.faults.append(Rejected("the shop says no", code="no"))
    world.tell_shop()
    (row,) = pile(world, "failed")
    assert (row.trouble, row.last_error) == ("refused", "the shop says no")
    assert world.tell_shop() == 0, "by itself it is not told again"
    assert world.desk.activity.retry(row.id)
    assert world.tell_shop() == 1
    assert pile(world, "failed") == ()
    assert not world.desk.activity.retry(row.id), "what is done stays done"
    assert len(world.rows(select(Journal.id).where(Journal.action == "outbox.retried"))) == 1


def in_conflict(world, no="A1", theirs="SF100"):
    number = shipped(world, no)
    world.shop.send_elsewhere(no, theirs)
    world.tell_shop()
    (row,) = pile(world, "conflict")
    return number, row


def actions(world):
    query = select(Journal.action, Journal.facts).where(Journal.action.startswith("order.number_"))
    return [(row.action, row.facts["theirs"]) for row in world.rows(query)]


def test_another_number_at_the_shop_waits_for_a_person_and_ours_takes_its_place(world):
    number, row = in_conflict(world)
    assert (row.trouble, row.theirs, row.waybill_no) == ("shipped_otherwise", ("SF100",), number)
    assert (row.is_conflict, row.may_replace, row.code_said) == (True, True, "shipped_otherwise")
    assert pile(world, "failed") == ()
    assert world.desk.activity.counts() == {"waiting": 0, "failed": 0, "conflict": 1}
    world.desk.activity.keep_ours(row.id)
    assert world.tell_shop() == 1
    assert [one.waybill_no for one in world.shop.orders["A1"].shipped] == [number]
    assert [notice.replaces for notice in world.shop.told.values()] == ["SF100"]
    assert actions(world) == [("order.number_kept", "SF100")]
    with pytest.raises(Refused, match="settled"):
        world.desk.activity.accept_theirs(row.id)


def test_the_shops_number_may_be_left_as_it_is(world):
    _, row = in_conflict(world)
    world.desk.activity.accept_theirs(row.id)
    assert world.tell_shop() == 0
    assert (world.shop.told, [one.waybill_no for one in world.shop.orders["A1"].shipped]) == ({}, ["SF100"])
    assert actions(world) == [("order.number_accepted", "SF100")]
    assert world.desk.activity.counts() == {"waiting": 0, "failed": 0, "conflict": 0}
    assert [one.trouble for one in pile(world, "done") if one.kind == "confirm_shipment"] == [""]


def test_a_platform_that_changes_no_number_is_left_to_its_own_pages(world):
    world.shop.capabilities = replace(world.shop.capabilities, changes_number=False)
    number, row = in_conflict(world)
    assert not row.may_replace
    with pytest.raises(Refused, match="place"):
        world.desk.activity.keep_ours(row.id)
    world.shop.send_elsewhere("A1", number)
    world.desk.activity.retry(row.id)
    assert world.tell_shop() == 1, "a colleague has changed it there"


def test_a_platform_that_changes_its_mind_stays_a_conflict(world):
    world.shop.replaces_numbers = False
    _, row = in_conflict(world)
    world.desk.activity.keep_ours(row.id)
    world.tell_shop()
    (again,) = pile(world, "conflict")
    assert (again.trouble, again.theirs, again.may_replace) == ("told_other", ("SF100",), False)


def test_a_shop_that_does_not_say_which_number_it_has_is_one_too(world):
    shipped(world)
    world.shop.send_elsewhere("A1", "SF100")
    world.shop.faults = [None, Temporary("away")]
    world.tell_shop()
    (row,) = pile(world, "conflict")
    assert (row.theirs, row.may_replace) == ((), False)


def test_what_has_to_wait_may_be_sent_now(world):
    shipped(world)
    world.shop.faults.append(Temporary("the shop does not answer"))
    world.tell_shop()
    (row,) = pile(world, "waiting")
    assert (row.trouble, row.attempts) == ("silent", 1)
    assert row.not_before_at > world.clock.now()
    assert world.tell_shop() == 0
    world.desk.activity.retry(row.id)
    assert world.tell_shop() == 1


def test_a_number_that_was_refused_is_asked_for_anew_and_the_order_goes_on(world):
    world.carrier.faults.append("refuse")
    world.ready("A1", line("1", "BEAR"))
    assert world.holds("A1") == {"waybill_failed"}
    (row,) = pile(world, "failed")
    assert (row.order_nos, row.trouble) == (("A1",), "refused")
    world.desk.activity.retry(row.id)
    assert world.holds("A1") == set()
    world.buy_numbers()
    assert world.number("A1")
    assert world.desk.activity.counts() == {"waiting": 0, "failed": 0, "conflict": 0}
    assert len(world.carrier.granted) == 1


def test_a_number_that_came_another_way_is_not_bought_twice(world):
    world.carrier.faults.append("refuse")
    world.ready("A1", line("1", "BEAR"))
    (row,) = pile(world, "failed")
    world.desk.labels.new_number(world.parcels("A1")[0].id, "address")
    world.buy_numbers()
    world.desk.activity.retry(row.id)
    world.buy_numbers()
    assert len(world.carrier.granted) == 1
    assert world.desk.activity.counts()["failed"] == 0


def test_all_that_failed_for_one_shop_goes_again_and_nothing_else(world):
    for no in ("A1", "A2"):
        shipped(world, no)
        world.shop.faults.append(Rejected("no"))
        world.tell_shop()
    world.carrier.faults.append("refuse")
    world.ready("A3", line("1", "BEAR"))
    assert len(pile(world, "failed")) == 3
    assert world.desk.activity.retry_failed(f"shop:{world.shop_id}") == 2
    assert [row.lane for row in pile(world, "failed")] == [lane_of(CARRIER)]
    assert world.tell_shop() == 2


def test_pages_go_on_where_they_ended(world):
    for number in range(5):
        world.ready(f"A{number}", line("1", "BEAR"))
    first = world.desk.activity.page("done", None, 3)
    second = world.desk.activity.page("done", first.next_after, 3)
    assert [row.order_nos[0] for row in (*first.rows, *second.rows)] == ["A4", "A3", "A2", "A1", "A0"]
    assert second.next_after is None


def test_an_unknown_row_is_said(world):
    with pytest.raises(NotFound):
        world.desk.activity.retry(999)


def test_a_kind_nobody_knows_and_a_defect_have_words_of_their_own(world):
    shipped(world)
    (row,) = pile(world, "waiting")
    for error, trouble in (("unknown kind x", "unknown_kind"), ("defect: KeyError", "defect")):
        world.do(lambda uow, error=error: uow.execute(Outbox.__table__.update().values(last_error=error)))
        assert world.desk.activity.delivery(row.id).trouble == trouble


def test_print_jobs_that_need_an_answer_stand_first(world):
    for no in ("A1", "A2"):
        world.ready(no, line("1", "BEAR"))
        world.desk.pack(no)
    job = world.desk.jobs.claim("virtual")
    world.desk.jobs.mark_sending(job, "digest")
    world.desk.jobs.mark_unknown(job, "cut")
    jobs = world.desk.activity.prints()
    assert [(one.state, one.order_nos) for one in jobs] == [("unknown", ("A1",)), ("queued", ("A2",))]
    world.print_labels()
    assert [one.state for one in world.desk.activity.prints()] == ["unknown", "sent"]
