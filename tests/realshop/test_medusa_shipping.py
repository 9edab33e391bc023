"""Parcels told to a running Medusa: once, twice, in parts, and with the answer lost on the way; and what comes back."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState, ChannelAfterSale
from core.channels.contract import (
    CANNOT,
    ORDER_CLOSED,
    SHIPPED_OTHERWISE,
    UNKNOWN_ORDER,
    ChannelOrder,
    ShipmentNotice,
)
from core.channels.medusa.channel import MedusaChannel
from core.runtime.clock import SystemClock
from core.runtime.remote_errors import Rejected
from tests.support.cutting_proxy import cutting_proxy
from tests.support.medusa import RunningMedusa
from tests.support.medusa_driver import MedusaDriver, Variant

pytestmark = pytest.mark.realshop


def newest(channel: MedusaChannel, no: str) -> ChannelOrder:
    order = channel.get_order(no)
    assert order is not None
    return order


def notice(order: ChannelOrder, number: str, qty: int | None = None, *, replaces: str = "") -> ShipmentNotice:
    lines = [(line.line_no, line.qty if qty is None else qty) for line in order.lines]
    return ShipmentNotice(f"parcel-{number}", order.order_no, "ZTO", number, lines, replaces=replaces)


def refusal(channel: MedusaChannel, told: ShipmentNotice) -> str:
    with pytest.raises(Rejected) as caught:
        channel.confirm_shipment(told)
    return caught.value.code


def told_case(channel: MedusaChannel, merchant: MedusaDriver, case: str, since: datetime) -> ChannelAfterSale:
    """The newest word of a case, by window."""
    moment = SystemClock().now()
    for _ in range(20):
        merchant.let_the_second_pass()
        page = channel.pull_after_sales(since, None)
        if page.whole_until and page.whole_until > moment:
            return next(one for one in page.cases if one.case_no == case)
    raise AssertionError("the shop's clock stands still")


def test_a_whole_order_is_sent_once_and_comes_back_as_a_return(
    medusa_channel: MedusaChannel, merchant: MedusaDriver, plenty: tuple[Variant, Variant]
) -> None:
    before = merchant.stock_of(plenty[0])
    no = merchant.place((plenty[0], 2))
    merchant.capture(no)
    order = newest(medusa_channel, no)

    for _ in range(2):
        medusa_channel.confirm_shipment(notice(order, "ZTO-1"))

    assert merchant.numbers_of(no) == ["ZTO-1"]
    there = merchant.order(no)
    assert (there["fulfillment_status"], len(there["fulfillments"])) == ("shipped", 1)
    assert merchant.stock_of(plenty[0]) == (before[0] - 2, before[1])
    sent = newest(medusa_channel, no)
    assert sent.is_shipped
    assert [(one.carrier_code, one.waybill_no) for one in sent.shipped] == [("ZTO", "ZTO-1")]
    assert refusal(medusa_channel, notice(order, "ZTO-2")) == SHIPPED_OTHERWISE
    assert refusal(medusa_channel, notice(order, "ZTO-1", 1)) == SHIPPED_OTHERWISE
    assert refusal(medusa_channel, notice(order, "ZTO-3", replaces="ZTO-1")) == CANNOT
    assert merchant.numbers_of(no) == ["ZTO-1"]

    line = order.lines[0].line_no
    case = merchant.let_return(no, (line, 2))
    asked = medusa_channel.get_after_sale(case, no)
    assert asked is not None
    assert (asked.kind, asked.state, asked.order_no) == (AfterSaleKind.RETURN, AfterSaleState.TO_RETURN, no)
    assert (list(asked.lines), asked.refund_fen) == ([(line, 2)], 2 * 2990)
    assert newest(medusa_channel, no).lines[0].after_sale == "requested"
    merchant.receive(case, (line, 2))
    done = told_case(medusa_channel, merchant, case, asked.modified_at)
    assert done.state is AfterSaleState.DONE
    returned = newest(medusa_channel, no)
    assert [(one.after_sale, one.qty, one.unit_price_fen) for one in returned.lines] == [("refunded", 2, 2990)]
    assert returned.amount_fen == order.amount_fen


def test_two_parcels_with_every_answer_lost_are_two_sent_parcels(
    medusa: RunningMedusa,
    open_medusa: Callable[..., MedusaChannel],
    merchant: MedusaDriver,
    plenty: tuple[Variant, Variant],
) -> None:
    no = merchant.place((plenty[1], 3))
    merchant.capture(no)
    with cutting_proxy(medusa.port) as proxy:
        channel = open_medusa(port=proxy.port)
        order = newest(channel, no)

        proxy.lose_reply_to(b"/fulfillments HTTP")
        channel.confirm_shipment(notice(order, "ZTO-11", 1))
        assert proxy.lost == 1
        assert merchant.numbers_of(no) == ["ZTO-11"]
        assert not newest(channel, no).is_shipped

        proxy.lose_reply_to(b"/shipments HTTP")
        channel.confirm_shipment(notice(order, "ZTO-12", 2))
        assert proxy.lost == 2

    assert merchant.numbers_of(no) == ["ZTO-11", "ZTO-12"]
    assert len(merchant.order(no)["fulfillments"]) == 2
    assert newest(open_medusa(), no).is_shipped


def test_a_parcel_packed_in_the_shops_own_pages_gets_our_number(
    open_medusa: Callable[..., MedusaChannel], merchant: MedusaDriver, plenty: tuple[Variant, Variant]
) -> None:
    desks = [open_medusa(), open_medusa()]
    no = merchant.place((plenty[0], 1), (plenty[1], 2))
    merchant.capture(no)
    order = newest(desks[0], no)
    merchant.pack(no, *((line.line_no, line.qty) for line in order.lines))
    packed = newest(desks[0], no)
    assert not packed.is_shipped
    assert packed.channel_status.endswith("/fulfilled")
    start = threading.Barrier(2)

    def tell(desk: MedusaChannel) -> None:
        start.wait(60)
        desk.confirm_shipment(notice(order, "ZTO-21"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(tell, desks))

    # Medusa may take the same label twice when two desks tell it in the same moment; it is one number all the same.
    assert set(merchant.numbers_of(no)) == {"ZTO-21"}
    assert len(merchant.order(no)["fulfillments"]) == 1


def test_what_cannot_be_sent_is_refused_in_the_words_all_platforms_share(
    medusa_channel: MedusaChannel, merchant: MedusaDriver, plenty: tuple[Variant, Variant]
) -> None:
    no = merchant.place((plenty[0], 1))
    order = newest(medusa_channel, no)
    merchant.cancel(no)

    assert refusal(medusa_channel, notice(order, "ZTO-31")) == ORDER_CLOSED
    assert merchant.numbers_of(no) == []
    unknown = ShipmentNotice("p", "order_01M8KQV3JFMKYD4YZ0P9N1467D", "ZTO", "ZTO-32", [("ordli_1", 1)])
    assert refusal(medusa_channel, unknown) == UNKNOWN_ORDER
    with pytest.raises(Rejected) as caught:
        medusa_channel.write_note(unknown.order_no, "备注")
    assert caught.value.code == UNKNOWN_ORDER
