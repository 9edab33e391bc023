"""The client against a server that misbehaves on purpose: every way of failing is one of the five kinds."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from core.channels.stock_contract import ListedSku
from core.channels.vendure.channel import VendureChannel
from core.channels.vendure.client import VendureClient
from core.channels.vendure.plugin import PLUGIN, open_shop
from core.runtime.clock import SystemClock
from core.runtime.errors import Refused
from core.runtime.http import HttpClient, HttpPolicy, endpoint
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary

Answer = tuple[int, dict[str, str], bytes]
GREETING = {"data": {"login": {"id": "1"}}}


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, content


def logged_in() -> Answer:
    return answer(GREETING, vendure_auth_token="token")


class Misbehaving:
    """Answers in the order it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        told = self

        class Handler(BaseHTTPRequestHandler):
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                told.asked.append(json.loads(self.rfile.read(length)))
                told.headers.append({name.lower(): value for name, value in self.headers.items()})
                status, headers, content = told.answers.pop(0)
                self.send_response(status)
                length_header = headers.pop("Content-Length", str(len(content)))
                self.send_header("Content-Length", length_header)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_args: object) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@pytest.fixture
def shop() -> Iterator[Misbehaving]:
    with closing(Misbehaving()) as shop:
        yield shop


@pytest.fixture
def open_channel(shop: Misbehaving) -> Iterator[Callable[..., VendureChannel]]:
    with HttpClient(SystemClock(), policy=HttpPolicy(attempts=1)) as http:

        def _open(channel_token: str = "") -> VendureChannel:
            client = VendureClient(
                endpoint(shop.url), http, username="clerk", password="secret", channel_token=channel_token
            )
            return VendureChannel(client)

        yield _open


CHECKED = {"data": {"activeChannel": {"defaultCurrencyCode": "CNY"}, "orders": {"items": []}}}


def failing(code: str, status: int = 200) -> Answer:
    return answer({"errors": [{"message": "x", "extensions": {"code": code}}], "data": None}, status)


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (answer(b"", 302, Location="http://127.0.0.1:1/"), ContractBroken, "http.redirect"),
        (answer(b"<html>login</html>"), ContractBroken, "http.body"),
        (answer({"data": None}), ContractBroken, "no_data"),
        (answer({"data": {"activeChannel": {"defaultCurrencyCode": "USD"}}}), Rejected, "currency"),
        (answer({"data": {"activeChannel": None}}), Rejected, "currency"),
        (answer(b"<html>", 404), ContractBroken, "http_404"),
        (answer(b"<html>", 502), Temporary, "http_502"),
        (answer({}, 503), Temporary, "http_503"),
        (answer({}, 429, Retry_After="7"), RateLimited, "http_429"),
        (failing("INTERNAL_SERVER_ERROR"), Temporary, "INTERNAL_SERVER_ERROR"),
        (failing("GRAPHQL_VALIDATION_FAILED", 400), ContractBroken, "GRAPHQL_VALIDATION_FAILED"),
        (failing("CHANNEL_NOT_FOUND"), Rejected, "CHANNEL_NOT_FOUND"),
        (failing("FORBIDDEN"), AuthExpired, "FORBIDDEN"),
        (answer({"errors": "odd"}), Temporary, ""),
        (failing("no such person: 李四"), Temporary, ""),
        (answer(b'{"data": {}}', Content_Length="500"), Temporary, "http.network"),
    ],
)
def test_every_failure_is_one_of_the_five_kinds(
    shop: Misbehaving,
    open_channel: Callable[..., VendureChannel],
    reply: Answer,
    kind: type[ChannelError],
    code: str,
) -> None:
    shop.answers = [logged_in(), reply]

    with pytest.raises(ChannelError) as failure:
        open_channel().check()

    assert type(failure.value) is kind or isinstance(failure.value, kind)
    assert failure.value.code == code
    assert shop.answers == []


def test_a_permission_that_stays_away_asks_for_a_person_after_one_new_login(
    shop: Misbehaving, open_channel: Callable[..., VendureChannel]
) -> None:
    shop.answers = [logged_in(), answer(CHECKED), failing("FORBIDDEN"), logged_in(), failing("FORBIDDEN")]
    channel = open_channel()
    channel.check()

    with pytest.raises(AuthExpired):
        channel.check()

    assert shop.answers == []


def test_a_shop_without_bearer_tokens_is_named_as_such(
    shop: Misbehaving, open_channel: Callable[..., VendureChannel]
) -> None:
    shop.answers = [answer(GREETING)]

    with pytest.raises(ContractBroken) as failure:
        open_channel().check()

    assert failure.value.code == "no_token"


def test_the_channel_token_and_the_bearer_token_travel_as_headers(
    shop: Misbehaving, open_channel: Callable[..., VendureChannel]
) -> None:
    shop.answers = [logged_in(), answer(CHECKED)]

    open_channel(channel_token="second-shop").check()

    assert [one.get("vendure-token") for one in shop.headers] == ["second-shop", "second-shop"]
    assert [one.get("authorization") for one in shop.headers] == [None, "Bearer token"]
    assert "secret" not in json.dumps(shop.asked[1])


def test_another_order_than_the_asked_one_is_not_taken(
    shop: Misbehaving, open_channel: Callable[..., VendureChannel]
) -> None:
    shop.answers = [logged_in(), answer({"data": {"orders": {"items": [{"code": "B"}]}}})]

    with pytest.raises(ContractBroken) as failure:
        open_channel().get_order("A")

    assert failure.value.code == "code"


def opened(changes: Mapping[str, str], *, secret: str) -> VendureChannel:
    settings = {"base_url": "https://shop.example", "username": "clerk", **changes}
    clock = SystemClock()
    with HttpClient(clock) as http:
        return open_shop(settings, {"password": secret}, http, clock)


def test_nothing_secret_is_in_an_error() -> None:
    with pytest.raises(Temporary) as failure:
        opened({"base_url": "http://127.0.0.1:1"}, secret="hunter2").check()

    assert "hunter2" not in str(failure.value) + failure.value.code


@pytest.mark.parametrize("address", ["http://shop.example", "http://127.0.0.1.example.com", "http://192.168.1.9"])
def test_an_address_a_password_must_not_go_to_is_refused(address: str) -> None:
    with pytest.raises(Refused) as refusal:
        opened({"base_url": address}, secret="p")

    assert refusal.value.code == "http.address"


@pytest.mark.parametrize("changes", [{"username": " "}, {"buyer_note_field": "note } }"}, {"buyer_note_field": "1a"}])
def test_a_setting_that_cannot_be_right_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(Refused) as refusal:
        opened(changes, secret="p")

    assert refusal.value.code.startswith("channel.setting")


def test_the_plugin_asks_for_each_setting_in_both_languages() -> None:
    assert PLUGIN.id == "vendure"
    assert all(field.label_zh and field.label_en for field in PLUGIN.settings)
    assert [field.name for field in PLUGIN.settings if field.kind == "secret"] == ["password"]
    names = [field.name for field in PLUGIN.settings]
    assert len(names) == len(set(names))


def _variant(on_hand: int, allocated: int) -> Answer:
    level = {"stockLocationId": "1", "stockOnHand": on_hand, "stockAllocated": allocated}
    return answer({"data": {"productVariant": {"id": "7", "enabled": True, "stockLevels": [level]}}})


def test_nothing_is_asked_after_a_number_was_set(
    shop: Misbehaving, open_channel: Callable[..., VendureChannel]
) -> None:
    """A question that is refused after the write would pass for a refused write, and the units for ours."""
    written = answer({"data": {"updateProductVariants": [{"id": "7"}]}})
    gone = answer({"errors": [{"extensions": {"code": "ENTITY_NOT_FOUND"}}]})
    shop.answers = [logged_in(), _variant(9, 2), written, gone]
    said = open_channel().set_stock(ListedSku("", "7", ""), 5)
    assert (said.qty, said.is_on_sale) == (5, True)
    assert shop.asked[-1]["variables"]["input"][0]["stockLevels"] == [{"stockLocationId": "1", "stockOnHand": 7}]
    assert shop.answers == [gone]


def test_a_number_bears_the_shops_time(shop: Misbehaving, open_channel: Callable[..., VendureChannel]) -> None:
    shop.answers = [logged_in(), _variant(9, 2)]
    said = open_channel().read_stock(ListedSku("", "7", ""))
    assert said.qty == 7
    assert said.at is not None
    assert abs((SystemClock().now() - said.at).total_seconds()) < 60
