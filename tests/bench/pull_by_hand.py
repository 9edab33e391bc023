"""What a careful person would write by hand to pull the mall and store its orders, and nothing else.

requests, json, light tuples, and the storing of `tests.bench.yardstick`: the call is signed as the contract wants it,
but nothing that the mall promised is checked, nothing is tried again, no call has a total deadline, and an answer of
any size is read. It leaves the very rows that the program leaves.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import quote

import requests

from core.channels.contract import Consignee
from tests.bench import yardstick
from tests.bench.served_pages import MALL_KEY


class Line(NamedTuple):
    """What storing needs of a line."""

    line_no: str
    item_id: str
    channel_sku_id: str
    title: str
    spec: str
    qty: int
    unit_price_fen: int


class Order(NamedTuple):
    """What storing needs of an order."""

    order_no: str
    version: int
    modified_at: datetime
    placed_at: datetime
    paid_at: datetime | None
    payment: str
    channel_status: str
    buyer_key: str
    buyer_name: str
    consignee: Consignee
    lines: list[Line]
    amount_fen: int
    freight_fen: int
    buyer_note: str
    seller_note: str
    raw: Mapping[str, Any]


def pull(
    connection: Any, base: str, session: requests.Session, digest: Callable[[str, str], str], now: datetime
) -> None:
    """Pull one window of shop 1 and store it."""
    until = connection.execute("SELECT until_at FROM cursor WHERE shop_id = 1 AND feed = 'changed'").fetchone()
    since = datetime.fromtimestamp(until[0] / 1000 - 600, now.tzinfo).isoformat(timespec="milliseconds")
    first = f"/v1/orders?updated_after={quote(since, safe='')}&limit=100"
    target: str | None = first
    window_at = None
    while target is not None:
        answer = session.get(base + target, headers=_signed(base, target, now))
        answer.raise_for_status()
        window_at = window_at or parsedate_to_datetime(answer.headers["Date"])
        page = json.loads(answer.content)
        yardstick.take_page(connection, [_order(raw) for raw in page["orders"]], digest, now, "mall:1")  # type: ignore[misc]
        following = page["next_cursor"]
        target = None if following is None else f"{first}&cursor={following}"
    assert window_at is not None
    _finish(connection, min(window_at, now), int((window_at - now).total_seconds() * 1000), now)


def _signed(base: str, target: str, now: datetime) -> dict[str, str]:
    path = "/" + base.split("/", 3)[3]
    stamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
    text = f"GET\n{path}{target}\n{stamp}\n{nonce}\n{hashlib.sha256(b'').hexdigest()}"
    signature = hmac.new(MALL_KEY.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return {"X-Key": MALL_KEY.key, "X-Timestamp": stamp, "X-Nonce": nonce, "X-Signature": signature}


def _order(raw: Mapping[str, Any]) -> Order:
    who, buyer, paid = raw["consignee"], raw["buyer"], raw["paid_at"]
    return Order(
        raw["no"],
        raw["version"],
        datetime.fromisoformat(raw["updated_at"]),
        datetime.fromisoformat(raw["placed_at"]),
        None if paid is None else datetime.fromisoformat(paid),
        raw["payment"],
        raw["state"],
        buyer["key"],
        buyer["name"],
        Consignee(
            who["name"],
            who["phone"],
            who["province"],
            who["city"],
            who["district"],
            who["address"],
            who["postcode"],
        ),
        [
            Line(
                line["line_no"],
                line["item_id"],
                line["sku_id"],
                line["title"],
                line["spec"],
                line["qty"],
                line["unit_price_fen"],
            )
            for line in raw["lines"]
        ],
        raw["amount_fen"],
        raw["freight_fen"],
        raw["buyer_note"],
        raw["seller_note"],
        raw,
    )


def _finish(connection: Any, reached: datetime, offset_ms: int, now: datetime) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        "UPDATE cursor SET until_at = ? WHERE shop_id = 1 AND feed = 'changed'", (yardstick.stored(reached),)
    )
    connection.execute(
        "UPDATE shop SET last_good_pull_at = ?, last_error = NULL, last_error_at = NULL, clock_offset_ms = ?"
        " WHERE id = 1",
        (yardstick.stored(now), offset_ms),
    )
    connection.execute("COMMIT")
