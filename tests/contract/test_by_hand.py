"""What the sample shops print is what the program's form takes: each is connected as a person would, and pulled."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest

from core.channels.contract import Channel
from core.channels.registry import built_in
from core.runtime.clock import SystemClock
from core.runtime.http import HttpClient
from tests.simulators.__main__ import answer
from tests.simulators.by_hand import SAMPLES, Sample, furnish, live_on


@pytest.fixture(params=sorted(SAMPLES))
def sample(request: pytest.FixtureRequest) -> Iterator[Sample]:
    made = SAMPLES[request.param](SystemClock().now)
    with made.server:
        furnish(made.shop, random.Random(1))
        yield made


def connected(sample: Sample, http: HttpClient) -> Channel:
    plugin = built_in().get(sample.name)
    assert plugin is not None
    names = {field.name: field.kind for field in plugin.settings}
    assert sample.fields.keys() <= names.keys()
    settings = {name: value for name, value in sample.fields.items() if names[name] != "secret"}
    secret = {name: value for name, value in sample.fields.items() if names[name] == "secret"}
    if sample.make_code is not None:
        assert plugin.authoriser is not None
        grant = plugin.authoriser(settings, secret, http, SystemClock()).exchange(sample.make_code(), "")
        secret |= grant.secrets
    return plugin.factory(settings, json.loads(json.dumps(secret)), http, SystemClock())


def test_a_sample_shop_is_connected_by_what_it_prints(sample: Sample) -> None:
    with HttpClient(SystemClock()) as http:
        channel = connected(sample, http)
        assert abs(channel.check() - SystemClock().now()) < timedelta(seconds=5)
        orders = {no: channel.get_order(no) for no, order in sample.shop.orders.items() if order.state == "paid"}
    assert orders
    assert all(order is not None and order.payment == "paid" for order in orders.values())


def test_the_life_of_a_sample_shop_goes_on(sample: Sample) -> None:
    rng = random.Random(7)
    said = [live_on(sample.shop, rng) for _ in range(30)]
    assert any("ordered" in one for one in said)
    assert any("money back" in one for one in said)


def test_the_program_prints_and_obeys() -> None:
    script = "help\norder wechat 2\nlist wechat\nfault wechat\nstock wechat nothing 3\nquit\n"
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulators", "wechat"],
        input=script,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "appid: " in done.stdout
    assert "cut_after" in done.stdout
    assert "no: no_such_sku" in done.stdout


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("cancle wechat 1", "there is no command cancle"),
        ("cancel", "which shop? There are: wechat\n  cancel SHOP NO"),
        ("cancel pdd 1", "there is no shop pdd here. There are: wechat"),
        ("cancel wechat", "not understood; it goes like this:\n  cancel SHOP NO"),
        ("stock wechat sku many", "  stock SHOP SKU UNITS"),
        ("cancel wechat nothing", "the shop says no: no_such_order"),
    ],
)
def test_a_wrong_command_is_told_how_it_goes(typed: str, told: str) -> None:
    sample = SAMPLES["wechat"](SystemClock().now)
    with sample.server:
        assert told in answer({"wechat": sample}, typed, random.Random(1))
