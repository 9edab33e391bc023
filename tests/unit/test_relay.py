"""The relay of the docs, before a simulated platform that checks every signature."""

import http.client
import importlib.util
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core.channels.taobao.channel import TaobaoChannel
from core.channels.taobao.client import TopClient, TopKey
from core.runtime.clock import ManualClock
from core.runtime.http import HttpClient, endpoint
from core.runtime.remote_errors import ChannelError
from tests.simulators.platforms.taobao import TaobaoServer, taobao_shop
from tests.support.world import START

WORD = "a-word-of-24-characters-x"
_FILE = Path(__file__).parents[2] / "docs" / "examples" / "relay.py"


def _relay():
    spec = importlib.util.spec_from_file_location("relay_of_the_docs", _FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def platform():
    clock = ManualClock(START)
    with TaobaoServer(taobao_shop(clock.now)) as server:
        relay = _relay().serve(server.url, WORD, 0)
        thread = threading.Thread(target=relay.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server, f"http://127.0.0.1:{relay.server_address[1]}", clock
        finally:
            relay.shutdown()
            relay.server_close()
            thread.join()


def channel_of(server, address, clock, http_client):
    key = TopKey(server.app.key, server.app.secret, server.grants.session())
    return TaobaoChannel(TopClient(endpoint(address), http_client, key), is_tmall=False)


def test_a_shop_is_read_and_told_through_it_as_if_it_were_not_there(platform, capsys):
    server, relay, clock = platform
    goods = server.shop.list_goods("BEAR", 10)
    no = server.shop.place([(goods.sku_id, 1)], note="别敲门").no
    server.shop.pay(no)
    with HttpClient(clock, sleep=lambda s: clock.advance(seconds=s), uniform=lambda low, _high: low) as client:
        channel = channel_of(server, f"{relay}/{WORD}/router/rest", clock, client)
        order = channel.get_order(no)
        assert (order.order_no, order.buyer_note) == (no, "别敲门")
        at = channel.check()
    assert at == server.now().replace(microsecond=0)
    said = capsys.readouterr().out
    assert set(said.splitlines()) == {"POST /router/rest 200 "}
    assert WORD not in said


def test_without_the_word_nothing_reaches_the_platform(platform):
    server, relay, clock = platform
    with HttpClient(clock, sleep=lambda s: clock.advance(seconds=s), uniform=lambda low, _high: low) as client:
        for path in ("/router/rest", f"/{WORD}x/router/rest", f"/{WORD[:-1]}/router/rest"):
            with pytest.raises(ChannelError):
                channel_of(server, relay + path, clock, client).check()
    assert server.seen == []


def test_a_platform_that_is_gone_and_a_body_without_end_are_refused(platform):
    _server, relay, _clock = platform
    module = _relay()
    dead = module.serve("http://127.0.0.1:9", WORD, 0)
    thread = threading.Thread(target=dead.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        assert _status(f"http://127.0.0.1:{dead.server_address[1]}", "GET", {}) == 502
    finally:
        dead.shutdown()
        dead.server_close()
        thread.join()
    assert _status(relay, "POST", {"Content-Length": str(module.MOST_BYTES + 1)}) == 413
    assert _status(relay, "POST", {"Transfer-Encoding": "chunked"}) == 413
    with pytest.raises(SystemExit):
        module.serve("https://gw.example", "short", 0)


def _status(address, method, headers):
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    connection.putrequest(method, f"/{WORD}/x")
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status
