"""A mall that serves pages made beforehand, from a process of its own so that its CPU is nobody's.

    python -m tests.bench.served_pages FOLDER DATE_SECONDS LATENCY_MS

It keeps the open mall contract as far as pulling goes: it verifies the signature of every call by a second reading of
the contract, tells its own clock in the Date header, and answers `GET /v1/orders` page by page. A call's base path
names the window that is served (`/3-1` for the third round of the first shop), so that it needs no state.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from core.channels.contract import ChannelOrder
from core.channels.mall.client import MallKey
from tests.support.mall_signing import independent_signature

MALL_KEY = MallKey("bench", "bench-secret")


def mall_order(order: ChannelOrder) -> dict[str, object]:
    """The order object of the open mall contract for an order of the made-up shop."""
    who = order.consignee
    return {
        "no": order.order_no,
        "version": order.version,
        "state": "open",
        "payment": order.payment,
        "type": "normal",
        "placed_at": order.placed_at.isoformat(),
        "paid_at": None if order.paid_at is None else order.paid_at.isoformat(),
        "updated_at": order.modified_at.isoformat(),
        "ship_by_at": None,
        "not_before_at": None,
        "currency": "CNY",
        "amount_fen": order.amount_fen,
        "freight_fen": order.freight_fen,
        "buyer": {"key": order.buyer_key, "name": order.buyer_name},
        "consignee": {
            "name": who.name,
            "phone": who.phone,
            "province": who.province,
            "city": who.city,
            "district": who.district,
            "address": who.address,
            "postcode": who.postcode,
        },
        "buyer_note": order.buyer_note,
        "seller_note": order.seller_note,
        "lines": [
            {
                "line_no": line.line_no,
                "item_id": line.item_id,
                "sku_id": line.channel_sku_id,
                "sku": line.merchant_code,
                "title": line.title,
                "spec": line.spec,
                "qty": line.qty,
                "unit_price_fen": line.unit_price_fen,
                "after_sale": line.after_sale,
                "is_gift": line.is_gift,
            }
            for line in order.lines
        ],
        "shipments": [],
    }


def write_window(folder: Path, name: str, pages: Sequence[Sequence[ChannelOrder]]) -> None:
    """Put the pages of one window where the server finds them."""
    for number, page in enumerate(pages):
        following = str(number + 1) if number + 1 < len(pages) else None
        body = {"orders": [mall_order(order) for order in page], "next_cursor": following}
        (folder / f"{name}.{number}.json").write_bytes(json.dumps(body, ensure_ascii=False).encode())


class PageServer:
    """The process; `url` once it is entered."""

    def __init__(self, folder: Path, clock_at: datetime, latency_ms: int = 0) -> None:
        told = str(clock_at.timestamp()), str(latency_ms)
        self._command = [sys.executable, "-m", "tests.bench.served_pages", str(folder), *told]
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        # It ends with its input.
        self._process.communicate(timeout=30)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two packets: with the algorithm each answer waits 40 ms for the other side.
    disable_nagle_algorithm = True
    folder: Path
    clock_at: datetime
    latency_s: float

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base's name
        """Say nothing."""

    def do_GET(self) -> None:
        time.sleep(self.latency_s)
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        window, _, path = parts.path.strip("/").partition("/")
        page = query.get("cursor", ["0"])[0]
        if path != "v1/orders" or query.get("limit") != ["100"] or "updated_after" not in query:
            self._send(400, b'{"error": {"code": "bad_request"}}')
        elif not self._is_genuine():
            self._send(401, b'{"error": {"code": "bad_signature"}}')
        else:
            self._send(200, _page(self.folder / f"{window}.{int(page)}.json"))

    def _is_genuine(self) -> bool:
        stamp, nonce = self.headers["X-Timestamp"], self.headers["X-Nonce"]
        expected = independent_signature(MALL_KEY.secret, "GET", self.path, stamp, nonce, b"")
        is_near = abs(int(stamp) - self.clock_at.timestamp()) <= 300
        return is_near and self.headers["X-Key"] == MALL_KEY.key and self.headers["X-Signature"] == expected

    def _send(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Date", format_datetime(self.clock_at, usegmt=True))
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@cache
def _page(path: Path) -> bytes:
    return path.read_bytes()


def main(arguments: Sequence[str]) -> None:
    """Serve until the input ends."""
    folder, at, latency = arguments
    _Handler.folder, _Handler.latency_s = Path(folder), int(latency) / 1000
    _Handler.clock_at = datetime.fromtimestamp(float(at), UTC)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main(sys.argv[1:])
