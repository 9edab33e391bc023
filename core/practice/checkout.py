"""The practice shop's way to the centre's door: it reserves before it sells, as an own mall should.

A door that does not answer stops no sale: the shop then sells from its own number, as it did before.
"""

import http.client
import json
import logging
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from core.channels.mall.signature import Signed, signing_headers
from core.practice.refusal import RefusalError

_log = logging.getLogger(__name__)

_PATIENCE_S: Final = 5.0
_HOLD_S: Final = 900


@dataclass(frozen=True, slots=True)
class DoorAccess:
    """Where the door is and what opens it; the secret stays out of every text."""

    port: int
    key: str
    secret: str

    def __repr__(self) -> str:
        return f"DoorAccess({self.port}, {self.key!r})"


class Checkout:
    """Reserves, confirms and releases the practice shop's orders by their numbers."""

    def __init__(self, access: DoorAccess) -> None:
        self._access = access

    def reserve(self, no: str, lines: Sequence[Mapping[str, Any]]) -> None:
        """Reserve an order's goods.

        Raises:
            RefusalError: the door says no (`out_of_stock`, `sale_paused`, ...), with its lines.
        """
        wanted: dict[str, int] = {}
        for line in lines:
            wanted[line["sku"]] = wanted.get(line["sku"], 0) + line["qty"]
        body = {"ref": no, "expires_in": _HOLD_S, "lines": [{"sku": sku, "qty": qty} for sku, qty in wanted.items()]}
        self._call("POST", "/v1/reservations", body, key=f"reserve-{no}")

    def confirm(self, no: str, amount_fen: int) -> None:
        """The buyer has paid.

        Raises:
            RefusalError: `expired_out_of_stock` and what else the door says; the buyer gets the money back.
        """
        self._act(no, "confirm", {"amount": amount_fen})

    def release(self, no: str, *, is_refund: bool) -> None:
        """The order is called off; what the door thinks of it changes nothing here."""
        try:
            self._act(no, "release", {"reason": "refund" if is_refund else "cancelled"})
        except RefusalError as refusal:
            _log.info("the door did not release an order of the practice shop: %s", refusal.code)

    def _act(self, no: str, verb: str, body: Mapping[str, Any]) -> None:
        try:
            known = self._call("GET", f"/v1/reservations?{urlencode({'ref': no})}")
        except RefusalError as refusal:
            if refusal.code == "reservation_not_found":
                # Placed while the door was shut.
                return
            raise
        if known is not None:
            self._call("POST", f"/v1/reservations/{quote(str(known['id']), safe='')}/{verb}", body)

    def _call(
        self, method: str, target: str, body: Mapping[str, Any] | None = None, *, key: str = ""
    ) -> Mapping[str, Any] | None:
        """The answer; None where the door does not answer."""
        raw = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        access = self._access
        signed = Signed(method, target, str(int(time.time())), secrets.token_hex(16), raw)
        headers = dict(signing_headers(access.key, access.secret, signed))
        if key:
            headers["Idempotency-Key"] = key
        line = http.client.HTTPConnection("127.0.0.1", access.port, timeout=_PATIENCE_S)
        try:
            line.request(method, target, raw or None, headers)
            response = line.getresponse()
            answer: Mapping[str, Any] = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            _log.info("the door does not answer the practice shop: %s", type(error).__name__)
            return None
        finally:
            line.close()
        if response.status < 400:
            return answer
        if response.status in {401, 429, 503}:
            _log.info("the door does not let the practice shop in: %s", answer.get("code"))
            return None
        raise RefusalError(409, str(answer.get("code")), "the centre's door says no", lines=answer.get("lines", ()))
