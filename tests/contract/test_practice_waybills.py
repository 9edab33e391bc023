"""The practice carrier through its adapter: one number per key, whatever happens on the way."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.channels.contract import Consignee
from core.practice.carrier import CARRIER_CODE, package_centre_of, sort_code_of, waybill_number
from core.practice.server import PracticeSecrets
from core.runtime.clock import ManualClock
from core.runtime.http import HttpClient, endpoint
from core.runtime.remote_errors import AuthExpired, ContractBroken, RateLimited, Rejected, Temporary
from core.waybills.contract import Sender, WaybillRequest, WaybillService
from core.waybills.practice.client import PracticeWaybills, WaybillKey
from tests.simulators.faulty_practice import FaultyPracticeServer

SENDER = Sender("练习仓", "13800009999", "浙江省", "杭州市", "余杭区", "练习路1号仓")
SOMEONE = Consignee("赵练习", "13800000001", "广东省", "深圳市", "南山区", "样例大道8号")


class Desk:
    """A carrier and an account with it."""

    def __init__(self, server: FaultyPracticeServer, keys: PracticeSecrets, clock: ManualClock) -> None:
        self.server = server
        self.http = HttpClient(clock, sleep=lambda s: clock.advance(seconds=s), uniform=lambda low, _high: low)
        self.place = endpoint(server.carrier_url)
        self.key = WaybillKey(keys.carrier.key, keys.carrier.secret)
        self.service: WaybillService = PracticeWaybills(self.place, self.key, self.http)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = ManualClock(datetime(2026, 11, 23, 4, 0, tzinfo=UTC))
    keys = PracticeSecrets.fresh()
    with FaultyPracticeServer(tmp_path, keys, clock, seed=5) as server:
        made = Desk(server, keys, clock)
        yield made
        made.http.close()
        assert server.unsigned() == []
        assert server.faults.is_used_up


def request(key: str = "p1-1", consignee: Consignee = SOMEONE) -> WaybillRequest:
    return WaybillRequest(key, CARRIER_CODE, SENDER, consignee, 1200, [("奶粉", 2)], note="轻放")


def test_a_number_comes_with_what_must_be_printed(desk: Desk) -> None:
    grant = desk.service.obtain(request())

    assert re.fullmatch(r"PX\d{13}", grant.number)
    digits = [int(digit) for digit in grant.number[2:]]
    assert sum(digit * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10 == 0
    assert re.fullmatch(r"755-[A-M]\d\d-\d\d", grant.sort_code)
    assert grant.package_centre == "深圳集包中心"
    assert grant.number in grant.qr_text
    assert (grant.key, grant.carrier_code) == ("p1-1", "PX")


def test_the_same_key_gives_the_same_number_and_another_another(desk: Desk) -> None:
    first = desk.service.obtain(request())

    assert desk.service.obtain(request()) == first
    assert desk.service.find("p1-1") == first
    assert desk.service.obtain(request("p1-2")).number != first.number
    assert desk.server.carrier.balance == 100_000 - 2


def test_the_same_key_for_another_parcel_is_an_alarm(desk: Desk) -> None:
    desk.service.obtain(request())

    with pytest.raises(Rejected) as caught:
        desk.service.obtain(request(consignee=replace(SOMEONE, address="别处9号")))

    assert caught.value.code == "key_conflict"


def test_nothing_is_found_under_an_unused_key(desk: Desk) -> None:
    assert desk.service.find("p9-1") is None


@pytest.mark.parametrize("fault", ["done_but_silent", "drop", "half_body", "html_500", "unavailable"])
def test_a_lost_answer_costs_no_second_number(desk: Desk, fault: str) -> None:
    desk.server.faults.next(fault, fault)

    grant = desk.service.obtain(request())

    assert desk.server.carrier.live_numbers() == {grant.number}


def test_after_a_lasting_silence_the_key_tells_what_happened(desk: Desk) -> None:
    desk.server.faults.next("done_but_silent", "drop", "drop")
    with pytest.raises(Temporary):
        desk.service.obtain(request())

    found = desk.service.find("p1-1")

    assert found is not None
    assert desk.server.carrier.live_numbers() == {found.number}


@pytest.mark.parametrize(("fault", "kind"), [("html_200", ContractBroken), ("auth_expired", AuthExpired)])
def test_other_troubles_are_told_as_they_are(desk: Desk, fault: str, kind: type[Exception]) -> None:
    desk.server.faults.next(fault)
    with pytest.raises(kind):
        desk.service.obtain(request())
    desk.server.faults.next("rate_limited", "rate_limited", "rate_limited")
    with pytest.raises(RateLimited):
        desk.service.obtain(request())

    assert desk.server.carrier.live_numbers() == frozenset()


def test_a_number_given_back_stays_given_back(desk: Desk) -> None:
    grant = desk.service.obtain(request())
    desk.server.faults.next("done_but_silent")

    desk.service.cancel("PX", grant.number)
    desk.service.cancel("PX", grant.number)

    assert desk.server.carrier.live_numbers() == frozenset()
    assert desk.server.carrier.balance == 100_000, "paid back once"
    found = desk.service.find("p1-1")
    assert found is not None
    assert found.extra["state"] == "cancelled"
    with pytest.raises(Rejected) as caught:
        desk.service.obtain(request())
    assert caught.value.code == "key_cancelled"
    assert desk.service.obtain(request("p1-2")).number != grant.number


def test_an_unknown_number_cannot_be_given_back(desk: Desk) -> None:
    for number in ("PX0000000000000", "../waybills", "a/b"):
        with pytest.raises(Rejected) as caught:
            desk.service.cancel("PX", number)
        assert caught.value.code == "waybill_not_found"


def test_an_empty_account_says_so_and_goes_on_after_topping_up(desk: Desk) -> None:
    desk.server.carrier.set_balance(1)
    desk.service.obtain(request("a"))
    with pytest.raises(Rejected) as caught:
        desk.service.obtain(request("b"))
    assert caught.value.code == "balance_empty"

    desk.server.carrier.set_balance(1)
    desk.service.obtain(request("b"))


def test_the_balance_falls_with_each_number_and_rises_with_what_is_paid(desk: Desk) -> None:
    desk.server.carrier.set_balance(2)
    assert desk.service.balance() == 2
    grant = desk.service.obtain(request("a"))
    desk.service.obtain(request("b"))
    assert desk.service.balance() == 0
    desk.service.cancel("PX", grant.number)
    assert desk.service.balance() == 1
    desk.server.carrier.set_balance(500)
    assert desk.service.balance() == 500


def test_an_empty_pool_is_a_matter_of_time(desk: Desk) -> None:
    desk.server.carrier.set_pool(0)

    with pytest.raises(Temporary) as caught:
        desk.service.obtain(request())

    assert caught.value.code == "pool_empty"
    assert desk.server.carrier.balance == 100_000


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"carrier_code": "SF"}, "carrier_unknown"),
        ({"consignee": replace(SOMEONE, address="")}, "address_incomplete"),
        ({"consignee": replace(SOMEONE, province="", city="")}, "address_incomplete"),
    ],
)
def test_a_parcel_that_cannot_go_is_rejected(desk: Desk, change: dict[str, object], code: str) -> None:
    with pytest.raises(Rejected) as caught:
        desk.service.obtain(replace(request(), **change))

    assert caught.value.code == code
    assert desk.server.carrier.balance == 100_000


def test_a_masked_receiver_goes_through_with_its_token(desk: Desk) -> None:
    masked = replace(SOMEONE, name="赵**", phone="138****0001", token="oaid-1", is_masked=True)

    desk.service.obtain(request(consignee=masked))

    assert b'"token": "oaid-1"' in desk.server.seen[-1].body


def test_a_wrong_clock_is_bridged(desk: Desk) -> None:
    desk.server.skew = timedelta(hours=3)

    assert desk.service.obtain(request()).number


def test_a_wrong_secret_asks_for_authorisation(desk: Desk) -> None:
    stranger = PracticeWaybills(desk.place, WaybillKey(desk.key.key, "wrong"), desk.http)
    with pytest.raises(AuthExpired):
        stranger.find("p1-1")
    desk.server.seen.clear()


@pytest.mark.race
def test_one_key_from_many_desks_gets_one_number(desk: Desk) -> None:
    numbers: list[str] = []
    gate = threading.Barrier(8)

    def ask() -> None:
        gate.wait(10)
        with HttpClient(ManualClock(datetime(2026, 11, 23, 4, 0, tzinfo=UTC))) as own:
            numbers.append(PracticeWaybills(desk.place, desk.key, own).obtain(request()).number)

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(20)

    assert len(numbers) == 8
    assert len(set(numbers)) == 1
    assert len(desk.server.carrier.live_numbers()) == 1


def test_routing_text_follows_from_the_address_alone() -> None:
    here = sort_code_of("广东省", "深圳市", "南山区", "样例大道8号")

    assert here == sort_code_of("广东省", "深圳市", "南山区", "样例大道8号")
    assert here[:7] == sort_code_of("广东省", "深圳市", "南山区", "别处9号")[:7]
    assert sort_code_of("青海省", "西宁市", "城中区", "一号")[:3].isdigit()
    assert package_centre_of("北京市", "") == "北京集包中心"


def test_numbers_of_a_series_differ() -> None:
    assert len({waybill_number(serial) for serial in range(2000)}) == 2000
