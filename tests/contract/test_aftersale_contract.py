"""What every channel that tells refunds and returns must do."""

import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.channels.aftersale_contract import (
    AfterSaleChannel,
    AfterSaleKind,
    AfterSalePage,
    AfterSaleState,
    ChannelAfterSale,
)
from core.runtime.remote_errors import ContractBroken
from tests.contract.platform_stand import PlatformStand
from tests.support.channel_stand import Wish

HOUR = timedelta(hours=1)


@pytest.fixture
def teller(platform: PlatformStand) -> AfterSaleChannel:
    if not isinstance(platform.channel, AfterSaleChannel):
        pytest.skip("this platform tells no after-sale cases apart from its orders")
    assert platform.channel.capabilities.tells_after_sales
    if "ask_refund" in platform.cannot:
        pytest.skip("buyers ask for nothing there: a case begins when the shop agrees to a return")
    return platform.channel


def walked_pages(read: Callable[[str | None], AfterSalePage]) -> Sequence[AfterSalePage]:
    found: list[AfterSalePage] = []
    cursor: str | None = None
    for _ in range(200):
        page = read(cursor)
        found.append(page)
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("paging does not end")


def walked(read: Callable[[str | None], AfterSalePage]) -> Sequence[ChannelAfterSale]:
    return [case for page in walked_pages(read) for case in page.cases]


def pulled(
    platform: PlatformStand, teller: AfterSaleChannel, since: datetime | None = None
) -> list[ChannelAfterSale]:
    platform.settle()
    # not by whole windows: what lies on the border of two is in both
    start = platform.now() - HOUR - timedelta(seconds=7) if since is None else since
    return list(walked(lambda cursor: teller.pull_after_sales(start, cursor)))


def state_of(teller: AfterSaleChannel, case_no: str, order_no: str) -> AfterSaleState:
    case = teller.get_after_sale(case_no, order_no)
    assert case is not None
    return case.state


def paid(platform: PlatformStand, *wishes: Wish) -> str:
    no = platform.place(*wishes)
    platform.pay(no)
    return no


def told_case(platform: PlatformStand, teller: AfterSaleChannel, order_no: str) -> ChannelAfterSale:
    (case,) = [case for case in pulled(platform, teller) if case.order_no == order_no]
    return case


def sent(platform: PlatformStand, no: str) -> None:
    """Somebody in the seller's pages tells the parcel."""
    platform.shop.ship(no, "Z-SIM", platform.waybill(17))


def test_a_refund_that_is_asked_for_is_told_with_its_order_and_money(
    platform: PlatformStand, teller: AfterSaleChannel
) -> None:
    no = paid(platform, Wish(0, 2))
    platform.tick()
    asked_at = platform.now()
    platform.shop.ask_refund(no)

    case = told_case(platform, teller, no)

    assert (case.kind, case.state) == (AfterSaleKind.REFUND, AfterSaleState.REQUESTED)
    assert case.channel_state
    assert case.refund_fen == 2 * 9900
    assert abs(case.requested_at - asked_at) <= timedelta(seconds=1)
    assert case.goods_were_sent is not True
    assert case.raw
    order = platform.channel.get_order(no)
    assert order is not None
    assert {line_no for line_no, _qty in case.lines} <= {line.line_no for line in order.lines}
    assert order.stopped_for or any(line.after_sale == "requested" for line in order.lines)


def test_a_case_that_nobody_understands_is_named_beside_the_others(
    platform: PlatformStand, teller: AfterSaleChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [paid(platform) for _ in range(3)]
    for no in numbers:
        platform.shop.ask_refund(no)
    odd = told_case(platform, teller, numbers[1])

    class Picky(ChannelAfterSale):
        def __init__(self, *values: Any, **named: Any) -> None:
            super().__init__(*values, **named)
            if self.case_no == odd.case_no:
                raise ContractBroken("a field of a kind nobody knows", code="case.odd")

    folder = type(teller).__module__.rpartition(".")[0]
    for name, module in list(sys.modules.items()):
        if name.startswith(folder) and hasattr(module, "ChannelAfterSale"):
            monkeypatch.setattr(module, "ChannelAfterSale", Picky)
    start = platform.now() - HOUR - timedelta(seconds=7)
    pages = walked_pages(lambda cursor: teller.pull_after_sales(start, cursor))

    assert {case.order_no for page in pages for case in page.cases} == {numbers[0], numbers[2]}
    assert {(one.no, one.error.code) for page in pages for one in page.unread} == {(odd.case_no, "case.odd")}
    with pytest.raises(ContractBroken):
        teller.get_after_sale(odd.case_no, numbers[1])


def test_one_case_reads_as_in_the_list(platform: PlatformStand, teller: AfterSaleChannel) -> None:
    no = paid(platform)
    platform.shop.ask_refund(no)

    case = told_case(platform, teller, no)

    assert teller.get_after_sale(case.case_no, no) == case


def test_a_case_nobody_knows_is_none(platform: PlatformStand, teller: AfterSaleChannel) -> None:
    no = paid(platform)
    for case_no in ("999999999", "NO-SUCH", "..", "练习 %2F"):
        assert teller.get_after_sale(case_no, no) is None


@pytest.mark.parametrize(
    ("ends", "expected"),
    [("agree", AfterSaleState.DONE), ("refuse", AfterSaleState.REFUSED), ("withdraw", AfterSaleState.CLOSED)],
)
def test_a_case_ends_as_the_shop_and_the_buyer_want(
    platform: PlatformStand, teller: AfterSaleChannel, ends: str, expected: AfterSaleState
) -> None:
    no = paid(platform, Wish(0, 2))
    case = platform.shop.ask_refund(no)
    told = told_case(platform, teller, no)
    platform.tick()
    {"agree": platform.shop.agree, "refuse": platform.shop.refuse, "withdraw": platform.shop.withdraw}[ends](case.no)

    again = told_case(platform, teller, no)

    assert again.case_no == told.case_no
    assert again.state is expected
    order = platform.channel.get_order(no)
    assert order is not None
    if expected is AfterSaleState.DONE:
        assert order.is_closed
        assert order.payment == "refunded"
    else:
        assert not order.is_closed
        assert {line.after_sale for line in order.lines} == {"none"}


def test_a_return_goes_its_way_back(platform: PlatformStand, teller: AfterSaleChannel) -> None:
    if "return_steps" in platform.cannot:
        pytest.skip("this platform does not tell the steps of a return")
    no = paid(platform)
    sent(platform, no)
    platform.tick()
    platform.shop.receive(no)
    case = platform.shop.ask_refund(no, kind="return")
    told = told_case(platform, teller, no)
    states = [told.state]
    platform.shop.agree(case.no)
    states.append(state_of(teller, told.case_no, no))
    platform.shop.send_back(case.no, "Z-SIM", platform.waybill(99))
    states.append(state_of(teller, told.case_no, no))
    back = teller.get_after_sale(told.case_no, no)
    platform.shop.agree(case.no)
    states.append(state_of(teller, told.case_no, no))

    assert told.kind is AfterSaleKind.RETURN
    assert states == [
        AfterSaleState.REQUESTED,
        AfterSaleState.TO_RETURN,
        AfterSaleState.RETURNING,
        AfterSaleState.DONE,
    ]
    assert back is not None
    assert back.return_waybill_no == platform.waybill(99)
    assert back.goods_were_sent is not False


def test_every_page_together_holds_each_case_once(platform: PlatformStand, teller: AfterSaleChannel) -> None:
    orders = [paid(platform) for _ in range(7)]
    for no in orders:
        platform.shop.ask_refund(no)

    assert sorted(case.order_no for case in pulled(platform, teller)) == sorted(orders)


def test_cases_that_change_while_paging_are_not_lost(platform: PlatformStand, teller: AfterSaleChannel) -> None:
    orders = [paid(platform) for _ in range(8)]
    cases = [platform.shop.ask_refund(no) for no in orders]
    platform.settle()
    start = platform.now() - HOUR
    seen: set[str] = set()
    touched: list[str] = []
    cursor: str | None = None
    reached: datetime | None = None
    for _ in range(50):
        page = teller.pull_after_sales(start, cursor)
        seen |= {case.order_no for case in page.cases}
        reached = page.whole_until or reached or page.server_time
        cursor = page.next_cursor
        if cursor is None:
            break
        platform.tick()
        if len(touched) < len(cases):
            case = cases[len(touched)]
            platform.shop.refuse(case.no)
            touched.append(case.order_no)

    assert cursor is None
    assert set(orders) - set(touched) <= seen, "what did not change is not skipped over"
    # what changed may have left the window: it is in the next one
    assert seen | {case.order_no for case in pulled(platform, teller, reached)} == set(orders)


def test_a_window_includes_its_first_instant(platform: PlatformStand, teller: AfterSaleChannel) -> None:
    no = paid(platform)
    platform.shop.ask_refund(no)
    case = told_case(platform, teller, no)

    assert no in {found.order_no for found in pulled(platform, teller, case.modified_at)}


def test_a_shop_without_cases_has_an_empty_page(platform: PlatformStand, teller: AfterSaleChannel) -> None:
    paid(platform)
    assert pulled(platform, teller) == []
