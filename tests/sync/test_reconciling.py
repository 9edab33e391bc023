"""Comparing a shop's orders with ours finds what every pull missed, takes it in, and cries no wolf."""

from dataclasses import replace
from datetime import datetime, timedelta

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from core.alerts.watched import WATCHED
from core.channels.contract import OrderPage
from core.db import leases
from core.desk.shop_history import ShopHistory
from core.fulfilment import starting
from core.fulfilment.starting import Start
from core.orders.models import Order, OrderLine
from core.runtime.errors import Refused
from core.runtime.remote_errors import ContractBroken, RateLimited, Temporary
from core.sync import reconciliations, reconciling
from core.sync.models import Cursor, Reconciliation
from core.sync.reconciling import AGAIN_S, MOST_ASKED, Reconciler, _ours_within, _Run
from core.sync.shops import active_shops
from core.sync.traces import Traces
from tests.support.fake_shop import FakeShop, line
from tests.support.plans import plans_on
from tests.support.world import CARRIER


def reconciler_of(world, holder="desk 1", **more):
    store = world.store
    shops = more.pop("shops", lambda: store.read(active_shops))
    more.setdefault("open_channel", lambda _shop: world.shop)
    return Reconciler(store, world.digest, CARRIER, holder=holder, shops=shops, **more)


def desk_of(world, reconciler):
    return ShopHistory(world.store, dict, reconciler, Traces(world.clock))


def pulled(world):
    """A pull that brings everything, so that the cursor stands at now."""
    world.puller().pull(world.shop_record, world.shop)


def hidden(world, *numbers):
    """A pull during which the platform's list hides some orders: the trap that this is about."""
    kept = {no: world.shop.orders.pop(no) for no in numbers}
    world.clock.advance(seconds=5)
    pulled(world)
    world.shop.orders |= kept


def lines_of(world, reconciler):
    desk = desk_of(world, reconciler)
    newest = desk.reports(world.shop_id).rows[0]
    return newest, {(one.order_no, one.kind): one for one in desk.report(newest.id).lines}


def missed(world):
    watch = next(one for one in WATCHED if one.name == "missed orders").watch
    return world.store.read(lambda connection: watch(connection, world.clock.now()))


def test_an_order_that_every_pull_missed_is_taken_in_told_and_seen(world):
    for n in range(3):
        world.shop.place(f"A{n}", line("1", "BEAR"))
    hidden(world, "A1")
    assert {row.order_no for row in world.listed()} == {"A0", "A2"}
    reconciler = reconciler_of(world)
    done = reconciler.reconcile(world.shop_record, 3)
    assert (done.state, done.listed_count, done.missing_count, done.difference_count) == ("done", 3, 1, 1)
    assert {row.order_no for row in world.listed()} == {"A0", "A1", "A2"}
    report, found = lines_of(world, reconciler)
    assert found.keys() == {("A1", "missing")}
    assert (found["A1", "missing"].outcome, report.state, report.is_open) == ("taken", "done", True)
    (standing,) = missed(world)
    assert (standing.key, standing.facts["n"]) == (f"shop:{world.shop_id}", 1)
    assert desk_of(world, reconciler).mark_seen(world.shop_id) == 1
    assert missed(world) == []
    assert reconciler.reconcile(world.shop_record, 3).difference_count == 0


def test_what_the_pull_has_still_to_bring_is_no_difference(world):
    world.shop.place("A0", line("1", "BEAR"), is_paid=False)
    pulled(world)
    world.clock.advance(seconds=30)
    world.shop.pay("A0")
    world.shop.place("A1", line("1", "BEAR"))
    done = reconciler_of(world).reconcile(world.shop_record, 3)
    assert (done.state, done.listed_count, done.difference_count) == ("done", 2, 0)
    assert {row.order_no for row in world.listed()} == {"A0"}


def test_each_kind_of_difference_is_named_and_mended_where_the_newest_copy_mends_it(world):
    for no in ("state", "money", "lines", "version"):
        world.shop.place(no, line("1", "BEAR"))
    pulled(world)
    ours = {no: world.order(no).id for no in ("state", "money", "lines", "version")}
    world.do(lambda uow: uow.execute(update(Order).where(Order.id == ours["state"]).values(channel_status="old")))
    world.do(lambda uow: uow.execute(update(Order).where(Order.id == ours["money"]).values(amount_fen=1)))
    world.do(
        lambda uow: uow.execute(
            update(OrderLine).where(OrderLine.order_id == ours["lines"]).values(channel_sku_id="other")
        )
    )
    # The platform's number does not rise: no copy of it is newer than ours, so ours stays as it is.
    world.do(lambda uow: uow.execute(update(Order).where(Order.id == ours["version"]).values(freight_fen=7)))
    for no in ("state", "money", "lines"):
        world.shop.orders[no] = replace(world.shop.orders[no], version=2)
    reconciler = reconciler_of(world)
    assert reconciler.reconcile(world.shop_record, 3).missing_count == 0
    _report, found = lines_of(world, reconciler)
    assert {key: one.outcome for key, one in found.items()} == {
        ("state", "state"): "settled",
        ("money", "amount"): "settled",
        ("lines", "lines"): "settled",
        ("version", "amount"): "stays",
    }
    assert found["money", "amount"].ours == "1|0"
    assert found["money", "amount"].theirs == "1000|0"
    assert missed(world) == [], "nothing was missing"


def test_an_order_of_ours_that_the_platform_does_not_know_is_found_by_asking(world):
    for no in ("A0", "A1", "A2"):
        world.shop.place(no, line("1", "BEAR"))
    pulled(world)
    del world.shop.orders["A1"]
    listed = world.shop.pull_orders
    # The list may leave out what is there all the same; only what nobody knows by its number is gone.
    world.shop.pull_orders = lambda since, cursor: replace(
        listed(since, cursor), orders=[one for one in listed(since, cursor).orders if one.order_no != "A2"]
    )
    world.shop.open_orders = lambda cursor: OrderPage((), None, world.clock.now())
    reconciler = reconciler_of(world)
    reconciler.reconcile(world.shop_record, 1)
    _report, found = lines_of(world, reconciler)
    assert found.keys() == {("A1", "gone")}
    assert world.shop.calls.count("get") == 2


def test_of_many_that_are_not_named_some_are_asked_for_and_the_rest_is_said(world):
    for n in range(MOST_ASKED + 3):
        world.shop.place(f"A{n}", line("1", "GIFT"))
    pulled(world)
    world.shop.pull_orders = lambda since, cursor: OrderPage((), None, world.clock.now())
    world.shop.open_orders = lambda cursor: OrderPage((), None, world.clock.now())
    reconciler = reconciler_of(world)
    reconciler.reconcile(world.shop_record, 1)
    report, found = lines_of(world, reconciler)
    assert (found, report.unasked_count, world.shop.calls.count("get")) == ({}, 3, MOST_ASKED)


def test_an_open_order_from_before_the_shop_was_here_is_told_and_not_taken_in(world):
    long_ago = world.clock.now() - timedelta(days=40)
    world.shop.place("old", line("1", "BEAR"), placed_at=long_ago, paid_at=long_ago, modified_at=long_ago)
    pulled(world)
    reconciler = reconciler_of(world)
    assert reconciler.reconcile(world.shop_record, 3).missing_count == 0
    _report, found = lines_of(world, reconciler)
    assert {key: one.outcome for key, one in found.items()} == {("old", "unknown"): "stays"}
    assert world.listed() == []
    # Where the open ones are read with each pull, one of them that is not here was missed.
    world.shop.capabilities = replace(world.shop.capabilities, needs_state_poll=True)
    assert reconciler.reconcile(world.shop_record, 3).missing_count == 1


def test_what_another_program_sends_is_taken_in_and_nobody_is_told_that_it_was_missing(world):
    paid_at = world.clock.now()
    world.shop.place("before", line("1", "BEAR"))
    world.shop.place("unpaid", line("1", "BEAR"), is_paid=False)
    long_ago = paid_at - timedelta(days=40)
    world.shop.place("old", line("1", "BEAR"), placed_at=long_ago, paid_at=long_ago, modified_at=long_ago)
    world.clock.advance(seconds=60)
    world.do(lambda uow: starting.begin(uow, world.shop_id, world.clock.now()))
    world.clock.advance(seconds=60)
    world.shop.place("after", line("1", "BEAR"))
    world.shop.pay("unpaid")
    hidden(world, "before", "unpaid", "after")
    reconciler = reconciler_of(world)
    assert reconciler.reconcile(world.shop_record, 3).missing_count == 2
    _report, found = lines_of(world, reconciler)
    assert found.keys() == {("unpaid", "missing"), ("after", "missing")}
    # Its units are promised all the same.
    assert {row.order_no for row in world.listed()} == {"before", "unpaid", "after"}


def test_a_pull_that_is_behind_or_fails_comes_first(world):
    reconciler = reconciler_of(world)
    assert reconciler.reconcile(world.shop_record, 3).state == "behind", "nothing was ever pulled"
    pulled(world)
    world.clock.advance(minutes=16)
    assert reconciler.reconcile(world.shop_record, 3).state == "behind"
    pulled(world)
    assert reconciler.reconcile(world.shop_record, 3).state == "done"
    from core.sync.shops import note_bad_pull

    world.do(lambda uow: note_bad_pull(uow, world.shop_id, Temporary("away")))
    assert reconciler.reconcile(world.shop_record, 3).state == "behind"
    assert "pull" not in world.shop.calls[-1:]


def test_one_desk_at_a_time_compares_and_a_lost_lease_ends_it(world):
    world.shop.capabilities = FakeShop(world.clock, page_size=1).capabilities
    for n in range(3):
        world.shop.place(f"A{n}", line("1", "GIFT"))
    pulled(world)
    other = reconciler_of(world, "desk 2")
    states = []

    def meanwhile(cursor):
        if cursor is None:
            states.append(other.reconcile(world.shop_record, 3).state)
            world.clock.advance(seconds=200)
            world.do(lambda uow: leases.take(uow, f"reconcile:{world.shop_id}", "desk 3", 60))

    world.shop.meanwhile = meanwhile
    assert reconciler_of(world).reconcile(world.shop_record, 3).state == "stopped"
    assert states == ["elsewhere"]
    (report,) = desk_of(world, other).reports(world.shop_id).rows
    assert report.state == "failed"


def test_a_ban_is_obeyed_before_the_shop_is_asked_again(world):
    pulled(world)
    world.clock.advance(days=1)
    pulled(world)
    reconciler = reconciler_of(world)
    world.shop.faults = [RateLimited("slow down", code="ban", retry_after_s=AGAIN_S * 2)]
    reconciler.work()
    asked = len(world.shop.calls)
    assert reconciler.progress(world.shop_id).trouble.kind == "busy"
    for seconds, is_asked in ((AGAIN_S, False), (AGAIN_S - 1, False), (2, True)):
        world.clock.advance(seconds=seconds)
        world.do(lambda uow: uow.execute(update(Cursor).values(until_at=world.clock.now())))
        reconciler.work()
        assert (len(world.shop.calls) > asked) is is_asked, seconds
    states = [row.state for row in desk_of(world, reconciler).reports(world.shop_id).rows]
    assert states == ["done"], "a night of failures leaves nothing but the one that was whole"


def test_it_is_made_once_a_night_and_whenever_somebody_asks(world):
    # It is ten in the morning in China: the night's is due, however long the computer slept.
    reconciler = reconciler_of(world)
    desk = desk_of(world, reconciler)

    def nights():
        pulled(world)
        reconciler.work()
        return [row.is_nightly for row in desk.reports(world.shop_id).rows].count(True)

    assert nights() == 1
    world.clock.advance(hours=2)
    assert nights() == 1
    world.clock.advance(hours=14)  # two in the morning
    assert nights() == 1
    world.clock.advance(hours=3)
    assert nights() == 2
    desk.reconcile_now(world.shop_id, 7)
    assert desk.reports(world.shop_id).progress.state == "waiting"
    assert nights() == 2
    newest = desk.reports(world.shop_id).rows[0]
    assert (newest.is_nightly, newest.made_by, newest.since_at) == (
        False,
        world.store.actor.operator,
        world.clock.now() - timedelta(days=7),
    )
    with pytest.raises(Refused, match="days"):
        desk.reconcile_now(world.shop_id, 5)
    with pytest.raises(Refused, match="not pulled"):
        desk_of(world, reconciler_of(world, shops=list)).reconcile_now(world.shop_id, 3)


def test_it_is_stopped_by_hand_and_what_was_found_stays(world):
    world.shop.capabilities = FakeShop(world.clock, page_size=1).capabilities
    for n in range(4):
        world.shop.place(f"A{n}", line("1", "GIFT"))
    hidden(world, "A0", "A3")
    reconciler = reconciler_of(world)
    world.shop.meanwhile = lambda cursor: reconciler.cancel(world.shop_id) if cursor else None
    assert reconciler.reconcile(world.shop_record, 3).state == "cancelled"
    report, found = lines_of(world, reconciler)
    assert (report.state, report.missing_count, found.keys()) == ("cancelled", 1, {("A0", "missing")})
    world.shop.meanwhile = lambda cursor: None
    reconciler.ask(world.shop_id, 3)
    reconciler.cancel(world.shop_id)
    reconciler.work()
    assert len(desk_of(world, reconciler).reports(world.shop_id).rows) == 1, "neither that, nor so soon the night's"


def test_pages_that_lead_in_a_circle_and_orders_that_cannot_be_stored_are_said(world, expected_log):
    expected_log("cannot be stored", "core.sync")
    world.shop.place("A0", line("1", "GIFT"))
    hidden(world, "A0")
    world.shop.change("A0", order_type="of a kind nobody knows", modified_at=world.shop.orders["A0"].modified_at)
    reconciler = reconciler_of(world)
    assert reconciler.reconcile(world.shop_record, 3).state == "done"
    assert lines_of(world, reconciler)[1]["A0", "missing"].outcome == "stays"
    world.shop.pull_orders = lambda since, cursor: OrderPage((), "same", world.clock.now())
    with pytest.raises(ContractBroken, match="circle"):
        reconciler.reconcile(world.shop_record, 3)
    report, _found = lines_of(world, reconciler)
    assert (report.state, report.trouble.kind) == ("failed", "garbled")


def test_a_report_leaves_as_a_table_in_the_clerks_words(world, tmp_path):
    world.shop.place("A0", line("1", "BEAR"))
    world.shop.place("A1", line("1", "BEAR"))
    hidden(world, "A0")
    world.do(lambda uow: uow.execute(update(Order).values(amount_fen=1)))
    reconciler = reconciler_of(world)
    reconciler.reconcile(world.shop_record, 3)
    report, _found = lines_of(world, reconciler)
    assert desk_of(world, reconciler).export_report(tmp_path / "r.xlsx", report.id) == 2
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(tmp_path / "r.xlsx").active.rows]
    assert rows[0][2:] == ["订单号", "差异", "打包台", "平台", "处理结果"]
    assert {tuple(row[2:5]) for row in rows[1:]} == {
        ("A0", "漏单", "没有"),
        ("A1", "金额不同", "0.01（含运费 0.00）"),
    }


def test_old_reports_are_forgotten_with_their_lines_and_a_killed_one_ends(world):
    pulled(world)
    report = world.do(lambda uow: reconciliations.begin(uow, world.shop_id, uow.now, is_nightly=False))
    found = [reconciliations.ReportLine(f"A{n}", "gone", "", "", "stays") for n in range(3)]
    world.do(lambda uow: reconciliations.note(uow, report, {"difference_count": 3}, found))
    world.do(lambda uow: reconciliations.begin(uow, world.shop_id, uow.now, is_nightly=False))
    assert [row.state for row in world.rows(select(Reconciliation.state).order_by(Reconciliation.id))] == [
        "failed",
        "running",
    ]
    world.clock.advance(days=59)
    assert world.do(reconciliations.forget_reports) == 0
    world.clock.advance(days=2)
    assert world.do(reconciliations.forget_reports) == 2
    assert world.rows(select(Reconciliation.id)) == []


def test_ours_are_looked_for_by_their_times_and_not_through_all_that_the_shop_sold(file_world):
    world = file_world
    now = world.clock.now()
    run = _Run(world.shop_record, world.shop, "", 0, 0, now - timedelta(days=1), now, now, Start(True, None))
    steps = world.store.read(lambda connection: plans_on(connection, lambda: _ours_within(connection, run=run)))
    assert {step.split(" (")[0] for _, step in steps if "orders" in step} == {
        "SEARCH orders USING INDEX ix_orders_paid_at",
        "SEARCH orders USING INDEX ix_orders_placed_at",
    }


def test_the_reports_of_a_shop_are_read_by_their_index(file_world):
    world = file_world
    for read in (
        lambda connection: reconciliations.reports(connection, 1),
        lambda connection: reconciliations.lines(connection, 1),
        lambda connection: reconciliations.is_due(connection, 1, world.clock.now()),
    ):
        steps = world.store.read(lambda connection, read=read: plans_on(connection, lambda: read(connection)))
        assert all(step.startswith(("SEARCH", "USE TEMP")) for _, step in steps), steps
        assert any("ix_reconciliation" in step for _, step in steps), steps


@given(
    acts=st.lists(
        st.one_of(
            st.just(("place", 0)),
            st.tuples(st.sampled_from(["pay", "cancel", "hide", "lose"]), st.integers(0, 9)),
            st.tuples(st.sampled_from(["pull", "wait"]), st.integers(1, 600)),
        ),
        max_size=12,
    )
)
def test_whatever_the_lists_hid_is_there_afterwards_and_the_same(shared_world, acts):
    """`hide` keeps an order out of the lists for a while; `lose` changes ours behind everybody's back."""
    world = shared_world
    start, own, away = len(world.shop.orders), [], {}
    for act, arg in acts:
        no = own[arg % len(own)] if own else ""
        if act == "place":
            own.append(f"R{start}-{len(own)}")
            world.shop.place(own[-1], line("1", "GIFT"), is_paid=False)
        elif act == "wait":
            world.clock.advance(seconds=arg)
        elif act == "pull":
            world.clock.advance(seconds=arg)
            pulled(world)
        elif not no or no in away:
            continue
        elif act == "hide":
            away[no] = world.shop.orders.pop(no)
        elif act in {"pay", "cancel"} and not world.shop.orders[no].is_closed:
            getattr(world.shop, act)(no)
        elif act == "lose":
            world.do(lambda uow, no=no: uow.execute(update(Order).where(Order.order_no == no).values(amount_fen=3)))
            world.do(
                lambda uow, no=no: uow.execute(update(Order).where(Order.order_no == no).values(channel_version=0))
            )
    world.clock.advance(seconds=700)
    pulled(world)
    world.shop.orders |= away
    reconciler = reconciler_of(world)
    done = reconciler.reconcile(world.shop_record, 3)
    assert done.state == "done"
    for no in own:
        ours, theirs = world.order(no), world.shop.orders[no]
        assert (ours.payment, ours.amount_fen, ours.channel_status) == (
            theirs.payment,
            theirs.amount_fen,
            theirs.channel_status,
        )
    assert reconciler.reconcile(world.shop_record, 3).difference_count == 0


def by_days(world):
    """The shop answers a day at a time, as some answer half an hour."""
    calls = []

    def pull_orders(since, cursor):
        calls.append(cursor)
        begin = since if cursor is None else datetime.fromisoformat(cursor)
        end = min(begin + timedelta(days=1), world.clock.now())
        found = [one for one in world.shop.orders.values() if begin <= one.modified_at <= end]
        return OrderPage(found, end.isoformat() if end < world.clock.now() else None, world.clock.now(), end)

    world.shop.pull_orders = pull_orders
    return calls


def test_a_long_comparison_stops_at_its_calls_and_the_next_nights_go_on(world, monkeypatch):
    monkeypatch.setattr(reconciling, "MOST_CALLS", 4)
    now = world.clock.now()
    for no, days in (("early", 6), ("late", 2)):
        at = now - timedelta(days=days, hours=1)
        world.shop.place(no, line("1", "GIFT"), placed_at=at, paid_at=at, modified_at=at, is_shipped=True)
    hidden(world, "early", "late")
    calls = by_days(world)
    reconciler = reconciler_of(world)
    reconciler.ask(world.shop_id, 7)
    reconciler.work()
    report = lines_of(world, reconciler)[0]
    assert (report.state, report.missing_count, len(calls)) == ("partly", 1, 4)
    assert report.reached_at == report.since_at + timedelta(days=4)
    assert reconciler.progress(world.shop_id).state == "partly"
    # Not again before the night, however often it looks; the night's own is made first.
    for hours in (1, 23):
        world.clock.advance(hours=hours)
        pulled(world)
        reconciler.work()
    monkeypatch.setattr(reconciling, "MOST_CALLS", 6)
    world.clock.advance(seconds=AGAIN_S + 1)
    pulled(world)
    calls.clear()
    reconciler.work()
    went_on = lines_of(world, reconciler)[0]
    assert (went_on.state, went_on.since_at) == ("done", report.reached_at)
    assert len(calls) == 5, "none of what was listed before"
    assert {row.order_no for row in world.listed()} == {"early", "late"}
    world.clock.advance(seconds=AGAIN_S + 1)
    pulled(world)
    calls.clear()
    reconciler.work()
    assert calls == [], "nothing is left"


def test_without_a_bound_all_of_it_is_listed_at_once(world, monkeypatch):
    monkeypatch.setattr(reconciling, "MOST_CALLS", 1000)
    pulled(world)
    calls = by_days(world)
    assert reconciler_of(world).reconcile(world.shop_record, 7).state == "done"
    assert len(calls) >= 7
