"""`WaybillService` over the practice carrier's HTTP interface."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from urllib.parse import quote

from core.channels.mall.signature import Signed, signing_headers
from core.runtime.http import Call, Endpoint, ErrorReply, HttpClient, Outgoing, plain_error
from core.runtime.remote_errors import ChannelError, ContractBroken, Rejected, Temporary
from core.waybills.contract import WaybillGrant, WaybillRequest

_SENTENCES = {
    "balance_empty": "The waybill account has no numbers left",
    "address_incomplete": "The carrier needs a fuller address",
    "carrier_unknown": "This account does not serve that carrier",
    "key_conflict": "The carrier has another parcel under this key",
    "key_cancelled": "The number of this key was given back",
    "pool_empty": "The carrier's branch is out of numbers",
    "clock_skew": "This computer's clock and the carrier's clock differ too much",
    "waybill_not_found": "The carrier does not know this number",
}


@dataclass(frozen=True, slots=True)
class WaybillKey:
    """Key and secret of one account; the secret stays out of every text."""

    key: str
    secret: str

    def __repr__(self) -> str:
        return f"WaybillKey({self.key!r})"


class PracticeWaybills:
    """Implements `core.waybills.contract.WaybillService`."""

    def __init__(
        self,
        place: Endpoint,
        key: WaybillKey,
        http: HttpClient,
        *,
        make_nonce: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._place = place
        self._key = key
        self._http = http
        self._make_nonce = make_nonce

    def obtain(self, request: WaybillRequest) -> WaybillGrant:
        """A number for `request.key`; the carrier gives the same number for the same key."""
        consignee = asdict(request.consignee)
        # How we know the receiver again is nothing to the carrier.
        del consignee["is_masked"], consignee["identity"]
        body: dict[str, object] = {
            "key": request.key,
            "carrier_code": request.carrier_code,
            "sender": asdict(request.sender),
            "consignee": consignee,
            "weight_g": request.weight_g,
            "goods": [{"title": title, "qty": qty} for title, qty in request.goods],
            "note": request.note,
        }
        call = Call("waybills.obtain", "POST", "/v1/waybills", body=body, idempotency_key=request.key)
        return _grant_of(self._call(call), request.key)

    def find(self, key: str) -> WaybillGrant | None:
        """What was granted under this key; `extra["state"]` says `cancelled` where it was given back."""
        try:
            data = self._call(Call("waybills.find", "GET", "/v1/waybills", query=(("key", key),)))
        except Rejected as error:
            if error.code == "waybill_not_found":
                return None
            raise
        return _grant_of(data, key)

    def cancel(self, carrier_code: str, number: str) -> None:
        """Give the number back; one already given back is success."""
        # giving back twice has no second effect there, so a lost answer may be repeated under the number
        path = f"/v1/waybills/{quote(number, safe='')}/cancel"
        call = Call("waybills.cancel", "POST", path, body={}, idempotency_key=f"{carrier_code}-{number}")
        if self._call(call).get("state") != "cancelled":
            raise ContractBroken("The carrier did not take the number back", code="waybill.state")

    def balance(self) -> int | None:
        """How many numbers are still paid for."""
        left = self._call(Call("waybills.account", "GET", "/v1/account")).get("balance")
        if not isinstance(left, int) or isinstance(left, bool) or left < 0:
            raise ContractBroken("The carrier's answer is not what was promised", code="account.balance")
        return left

    def _call(self, call: Call) -> Mapping[str, object]:
        call = replace(call, sign=self._sign, explain=_error_of)
        try:
            return self._http.call(self._place, call).data
        except Rejected as error:
            if error.code != "clock_skew":
                raise
        # refused unprocessed, and that answer's Date header has told us the carrier's clock
        return self._http.call(self._place, call).data

    def _sign(self, outgoing: Outgoing) -> Mapping[str, str]:
        stamp = str(int(outgoing.server_now.timestamp()))
        signed = Signed(outgoing.method, outgoing.target, stamp, self._make_nonce(), outgoing.body)
        return signing_headers(self._key.key, self._key.secret, signed)


def _grant_of(data: Mapping[str, object], key: str) -> WaybillGrant:
    values = {}
    for name in ("key", "carrier_code", "number", "sort_code", "package_centre", "qr_text", "state"):
        value = data.get(name)
        if not isinstance(value, str):
            raise ContractBroken("The carrier's answer is not what was promised", code=f"waybill.{name}")
        values[name] = value
    if values["key"] != key or not values["number"]:
        raise ContractBroken("The carrier answered for another parcel", code="waybill.key")
    return WaybillGrant(
        key=key,
        carrier_code=values["carrier_code"],
        number=values["number"],
        sort_code=values["sort_code"],
        package_centre=values["package_centre"],
        qr_text=values["qr_text"],
        extra={"state": values["state"]},
    )


def _error_of(reply: ErrorReply) -> ChannelError:
    told = (reply.problem or {}).get("code")
    code = told if isinstance(told, str) and told in _SENTENCES else str(reply.status)
    if code == "clock_skew":
        return Rejected(_SENTENCES[code], code=code)
    if reply.status >= 500:
        return Temporary(_SENTENCES.get(code, "The carrier does not answer properly"), code=code)
    if code in _SENTENCES:
        return Rejected(_SENTENCES[code], code=code)
    return plain_error(reply)
