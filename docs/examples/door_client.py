"""A client of Packdesk's reservation door, with nothing but the standard library. Take it and make it yours.

    python door_client.py http://127.0.0.1:8377 KEY SECRET MF-101 2

reserves two pieces of MF-101 for a made-up order, confirms them and prints what the door answered.
"""

import hashlib
import hmac
import http.client
import ipaddress
import json
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit


class DoorError(Exception):
    """The door said no; `code` decides what to do, `body` holds the rest."""

    def __init__(self, status: int, body: Mapping[str, Any], retry_after_s: int | None) -> None:
        super().__init__(f"{status} {body.get('code')}")
        self.status = status
        self.code = str(body.get("code", ""))
        self.body = body
        self.retry_after_s = retry_after_s


@dataclass
class Reply:
    """One answer as it came."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]


class DoorClient:
    """One mall's way to the door. Not for several threads at once: each has its own."""

    def __init__(
        self, address: str, key: str, secret: str, timeout_s: float = 35.0, *, trusts_network: bool = False
    ) -> None:
        """Nothing is sent before the first call.

        Args:
            address: of the door or of the relay before it; `https`, or `http` on this machine.
            key: from the owner.
            secret: from the owner.
            timeout_s: how long an answer may take.
            trusts_network: `http` may go over a network, where everybody on the way reads who buys what.

        Raises:
            ValueError: the address is none, or would send everything in clear over a network.
        """
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the address has to be https://... or, on this machine, http://127.0.0.1:...")
        is_plain = parts.scheme == "http"
        if is_plain and not trusts_network and not _is_this_machine(parts.hostname):
            raise ValueError("over a network the door is called through an https relay")
        self._kind = http.client.HTTPConnection if is_plain else http.client.HTTPSConnection
        self._host, self._port = parts.hostname, parts.port
        self._key = key
        self._secret = secret
        self._timeout_s = timeout_s
        #: the door's clock minus ours, learned from its Date header
        self._ahead_s = 0.0
        self._line: http.client.HTTPConnection | None = None

    # --- the calls of a checkout ----------------------------------------------------------------------------------

    def reserve(
        self, ref: str, lines: Sequence[Mapping[str, Any]], *, buyer: str = "", expires_in: int = 900
    ) -> Mapping[str, Any]:
        """Reserve the lines of an order. After a lost answer call it again: the key makes that harmless.

        Say who buys: on `purchase_limit` the lines say how many this buyer may still buy.
        """
        body = {"ref": ref, "expires_in": expires_in, "lines": list(lines)} | ({"buyer": buyer} if buyer else {})
        return self.call("POST", "/v1/reservations", body, key=f"reserve-{quote(ref, safe='')}")

    def extend(self, reservation: str, expires_in: int) -> Mapping[str, Any]:
        """Keep it for so many seconds from now."""
        return self.call("POST", f"/v1/reservations/{reservation}/extend", {"expires_in": expires_in})

    def confirm(self, reservation: str, **payment: Any) -> Mapping[str, Any]:
        """The buyer has paid. On `expired_out_of_stock` you have to pay the buyer back."""
        return self.call("POST", f"/v1/reservations/{reservation}/confirm", payment)

    def release(self, reservation: str, reason: str = "cancelled") -> Mapping[str, Any]:
        """Give the goods back."""
        return self.call("POST", f"/v1/reservations/{reservation}/release", {"reason": reason})

    def find(self, ref: str) -> Mapping[str, Any]:
        """The reservation of an order number."""
        return self.call("GET", f"/v1/reservations?{urlencode({'ref': ref})}")

    def look(self, reservation: str) -> Mapping[str, Any]:
        """A reservation by its id."""
        return self.call("GET", f"/v1/reservations/{quote(reservation, safe='')}")

    def put_order(self, ref: str, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Hand the whole order in."""
        return self.call("PUT", f"/v1/orders/{quote(ref, safe='')}", order)

    def stock(self, *skus: str) -> Mapping[str, Any]:
        """What may be sold of some SKUs."""
        return self.call("GET", f"/v1/stock?{urlencode([('sku', sku) for sku in skus])}")

    def stock_since(self, cursor: str = "0", limit: int = 200) -> Mapping[str, Any]:
        """Numbers that changed behind a cursor."""
        return self.call("GET", f"/v1/stock?{urlencode({'since': cursor, 'limit': limit})}")

    def events(self, after: str = "0", wait: int = 0, limit: int = 200) -> Mapping[str, Any]:
        """What happened behind a cursor; waits for it."""
        return self.call("GET", f"/v1/events?{urlencode({'after': after, 'wait': wait, 'limit': limit})}")

    # --- how a call is made ---------------------------------------------------------------------------------------

    def call(
        self, method: str, target: str, body: Mapping[str, Any] | None = None, *, key: str = ""
    ) -> Mapping[str, Any]:
        """One call; a clock that is off is put right once.

        Raises:
            DoorError: the door said no.
        """
        reply = self.send(method, target, body, key=key)
        if reply.status == 401 and reply.body.get("code") == "clock_skew" and "date" in reply.headers:
            self._ahead_s = parsedate_to_datetime(reply.headers["date"]).timestamp() - time.time()
            reply = self.send(method, target, body, key=key)
        if reply.status >= 400:
            again = reply.headers.get("retry-after")
            raise DoorError(reply.status, reply.body, int(again) if again else None)
        return reply.body

    def send(self, method: str, target: str, body: Mapping[str, Any] | None = None, *, key: str = "") -> Reply:
        """Sign and send; the answer whatever it is. One cut line is opened again."""
        raw = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        for is_last in (False, True):
            try:
                return self.raw(method, target, raw, self.headers(method, target, raw, key))
            except (http.client.HTTPException, OSError):
                self.close()
                if is_last:
                    raise
        raise AssertionError("unreachable")

    def headers(self, method: str, target: str, raw: bytes, key: str = "") -> dict[str, str]:
        """The headers of a signed call, with a nonce of its own."""
        stamp, nonce = str(int(time.time() + self._ahead_s)), secrets.token_hex(16)
        lines = (method, target, stamp, nonce, hashlib.sha256(raw).hexdigest())
        signature = hmac.new(self._secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
        signed = {"X-Key": self._key, "X-Timestamp": stamp, "X-Nonce": nonce, "X-Signature": signature}
        if raw:
            signed["Content-Type"] = "application/json"
        return signed | ({"Idempotency-Key": key} if key else {})

    def raw(self, method: str, target: str, raw: bytes, headers: Mapping[str, str]) -> Reply:
        """Send bytes with headers as they are."""
        if self._line is None:
            self._line = self._kind(self._host, self._port, timeout=self._timeout_s)
        self._line.request(method, target, raw or None, dict(headers))
        response = self._line.getresponse()
        text = response.read()
        names = {name.lower(): value for name, value in response.getheaders()}
        if "json" not in names.get("content-type", ""):
            raise http.client.HTTPException("no JSON came back")
        return Reply(response.status, json.loads(text), names)

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.close()
            self._line = None


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def main(words: Sequence[str]) -> int:
    """Reserve, confirm, show."""
    if len(words) != 5:
        sys.stderr.write(__doc__ or "")
        return 2
    address, key, secret, sku, qty = words
    try:
        client = DoorClient(address, key, secret)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        made = client.reserve(f"TRY-{secrets.token_hex(4)}", [{"sku": sku, "qty": int(qty)}])
        sys.stdout.write(f"{json.dumps(made, ensure_ascii=False)}\n")
        sys.stdout.write(f"{json.dumps(client.confirm(made['id']), ensure_ascii=False)}\n")
    except DoorError as error:
        sys.stdout.write(f"{json.dumps(error.body, ensure_ascii=False)}\n")
        return 1
    finally:
        client.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
