"""Alipay's open API of one application: every request is signed, and every answer that says something has to be."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from core.payments.alipay_bill import alipay_bill
from core.payments.contract import Bill, Trade, TradeState, fen_of
from core.payments.keys import is_signed, sign
from core.runtime.china import CHINA
from core.runtime.clock import Clock
from core.runtime.errors import Refused
from core.runtime.http import Call, Endpoint, HttpClient, Signed, endpoint
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

GATEWAY: Final = "https://openapi.alipay.com/gateway.do"
_LARGEST_BILL: Final = 64 * 1024 * 1024
_GOOD: Final = "10000"
_BUSINESS: Final = "40004"
_STATES: Final[Mapping[str, TradeState]] = {
    "WAIT_BUYER_PAY": TradeState.WAITING,
    "TRADE_SUCCESS": TradeState.PAID,
    "TRADE_FINISHED": TradeState.PAID,
    "TRADE_CLOSED": TradeState.CLOSED,
}
#: what the application or its keys are refused for
_KEYS: Final = frozenset(
    {
        "isv.invalid-signature",
        "isv.missing-signature",
        "isv.missing-signature-key",
        "isv.missing-signature-config",
        "isv.invalid-app-id",
        "isv.missing-app-id",
        "isv.invalid-signature-type",
        "isv.app-auth-token-invalid",
        "isv.invalid-app-auth-token",
    }
)
_NOBODYS: Final = "PACKDESK-TRY-0"


@dataclass(frozen=True, slots=True)
class AlipayAccount:
    """An application of the merchant's; `gateway_key` is Alipay's public key for it, not the application's own."""

    app_id: str
    private: "RSAPrivateKey"
    gateway_key: "RSAPublicKey"
    app_auth_token: str = ""

    def __repr__(self) -> str:
        return f"AlipayAccount({self.app_id!r})"


class Alipay:
    """Implements `core.payments.contract.Gateway`."""

    def __init__(self, place: Endpoint, account: AlipayAccount, http: HttpClient, clock: Clock) -> None:
        """`place` is the whole address of the gateway."""
        parts = urlsplit(place.base)
        self._place = replace(place, base=f"{parts.scheme}://{parts.netloc}")
        self._path = parts.path or "/"
        self._account = account
        self._http = http
        self._clock = clock

    def query(self, payment_no: str) -> Trade:
        """How the payment of this number stands."""
        try:
            data = self._ask("alipay.trade.query", {"out_trade_no": payment_no})
        except Rejected as error:
            if error.code == "ACQ.TRADE_NOT_EXIST":
                return Trade(payment_no, TradeState.UNKNOWN)
            raise
        return _trade(payment_no, data)

    def close(self, payment_no: str) -> None:
        """Let nobody pay under this number any more."""
        try:
            self._ask("alipay.trade.close", {"out_trade_no": payment_no}, is_read=False)
        except Rejected as error:
            if error.code != "ACQ.TRADE_NOT_EXIST":
                raise

    def bill(self, day: date) -> Bill:
        """The bill of one day: its address is good for half a minute, so it is fetched at once."""
        try:
            data = self._ask(
                "alipay.data.dataservice.bill.downloadurl.query",
                {"bill_type": "trade", "bill_date": day.isoformat()},
            )
        except Rejected as error:
            if error.code in {"BILL_NOT_EXIST", "isp.bill_not_exist"}:
                return Bill(lambda: ())
            raise
        url = data.get("bill_download_url")
        if not isinstance(url, str):
            raise _broken("bill_download_url")
        place, target = self._place_of(url)
        return alipay_bill(self._http.download(place, target, _LARGEST_BILL, accept="*/*"))

    def check(self) -> None:
        """Prove keys and application by asking for a payment that does not exist."""
        self.query(_NOBODYS)

    def _place_of(self, url: str) -> tuple[Endpoint, str]:
        """Host and target of the bill; nothing of ours goes there but the address."""
        parts = urlsplit(url)
        try:
            place = endpoint(f"{parts.scheme}://{parts.netloc}")
        except Refused:
            raise ContractBroken("The bill lies at no address one may go to", code="payment.bill_host") from None
        if place.is_loopback and not self._place.is_loopback:
            raise ContractBroken("The bill lies at no address one may go to", code="payment.bill_host")
        return place, parts.path + (f"?{parts.query}" if parts.query else "")

    def _ask(self, method: str, content: Mapping[str, str], *, is_read: bool = True) -> Mapping[str, object]:
        now = self._http.server_now(self._place)
        params = {
            "app_id": self._account.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": f"{now.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
            "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
            "app_auth_token": self._account.app_auth_token,
        }
        params = {name: value for name, value in params.items() if value}
        params["sign"] = sign(self._account.private, signed_text(params))
        name = f"{method.replace('.', '_')}_response"
        seen: list[str] = []
        call = Call(
            method,
            "POST",
            self._path,
            query=(("charset", "utf-8"),),
            form=tuple(params.items()),
            is_read=is_read,
            verify=lambda answer: seen.append(self._verified(name, answer)),
        )
        self._http.call(self._place, call)
        # From the very characters that were verified.
        data = json.loads(seen[-1] or "null")
        if not isinstance(data, dict):
            raise _broken(name)
        if data.get("code") != _GOOD:
            raise _error_of(data)
        return data

    def _verified(self, name: str, answer: Signed) -> str:
        """What the answer says, as it stands there.

        What says something about a trade has to be signed; what is wrong with us comes unsigned.
        """
        try:
            spans = top_values(answer.body.decode())
        except ValueError:
            # Not whole, or no JSON: said by whoever reads it next.
            return ""
        inner = spans.get(name, spans.get("error_response", ""))
        if _code_of(inner) not in {_GOOD, _BUSINESS, "20000"} and "sign" not in spans:
            return inner
        signature = json.loads(spans["sign"]) if "sign" in spans else ""
        if not isinstance(signature, str) or not signature:
            raise ContractBroken("The answer is not signed: it may be forged", code="payment.unsigned")
        if not is_signed(self._account.gateway_key, inner.encode(), signature):
            raise ContractBroken("The answer's signature is not the gateway's", code="payment.signature")
        return inner


def signed_text(params: Mapping[str, str]) -> bytes:
    """What a request's signature is of: all that is not empty, by name, as it is."""
    named = sorted((name, value) for name, value in params.items() if value and name != "sign")
    return "&".join(f"{name}={value}" for name, value in named).encode()


def notice_text(params: Mapping[str, str]) -> bytes:
    """What the signature of a notice is of: here `sign_type` is left out too."""
    return signed_text({name: value for name, value in params.items() if name != "sign_type"})


def top_values(text: str) -> dict[str, str]:
    """The values of a JSON object as they stand in its text: signatures are of the very characters.

    Raises:
        ValueError: it is no object, or names something twice.
    """
    decoder = json.JSONDecoder()
    place = _space(text, 0)
    if text[place : place + 1] != "{":
        raise ValueError("no object")
    spans: dict[str, str] = {}
    place = _space(text, place + 1)
    while text[place : place + 1] != "}":
        name, place = decoder.raw_decode(text, place)
        place = _space(text, place)
        if text[place : place + 1] != ":" or not isinstance(name, str) or name in spans:
            raise ValueError("no object")
        begin = _space(text, place + 1)
        _, place = decoder.raw_decode(text, begin)
        spans[name] = text[begin:place]
        place = _space(text, place)
        if text[place : place + 1] == ",":
            place = _space(text, place + 1)
        elif text[place : place + 1] != "}":
            raise ValueError("no object")
    return spans


def _space(text: str, place: int) -> int:
    while text[place : place + 1] in {" ", "\t", "\r", "\n"}:
        place += 1
    return place


def _code_of(inner: str) -> str:
    value: Any = json.loads(inner or "null")
    return str(value.get("code", "")) if isinstance(value, dict) else ""


def _trade(payment_no: str, data: Mapping[str, object]) -> Trade:
    if data.get("out_trade_no") != payment_no:
        raise ContractBroken("The gateway answered for another payment", code="payment.other")
    state = _STATES.get(str(data.get("trade_status")))
    if state is None:
        raise _broken("trade_status")
    paid = data.get("send_pay_date")
    if state is TradeState.CLOSED and isinstance(paid, str) and paid:
        # It was paid once: everything went back.
        state = TradeState.REFUNDED
    if state not in {TradeState.PAID, TradeState.REFUNDED}:
        return Trade(payment_no, state)
    amount = data.get("total_amount")
    if not isinstance(amount, str):
        raise _broken("total_amount")
    return Trade(payment_no, state, fen_of(amount), str(data.get("trade_no", "")), _time(paid))


def _time(value: object) -> datetime:
    try:
        return datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).astimezone(UTC)
    except ValueError:
        raise _broken("send_pay_date") from None


def _broken(code: str) -> ContractBroken:
    return ContractBroken("The gateway's answer is not what its document promises", code=code)


def _error_of(data: Mapping[str, object]) -> ChannelError:
    code, told = str(data.get("code", "")), data.get("sub_code")
    sub = told if isinstance(told, str) and told.isascii() and 0 < len(told) <= 64 else code
    if sub == "isv.app-call-limited" or sub.endswith("call-limited") or code == "40005":
        return RateLimited("The gateway asks for fewer calls", code=sub, retry_after_s=5.0)
    if code == "20000" or sub.endswith("SYSTEM_ERROR") or sub.startswith("aop."):
        return Temporary("The gateway does not answer properly at the moment", code=sub)
    if code in {"20001", "40006"} or sub in _KEYS:
        return AuthExpired("The gateway does not accept the application or its key", code=sub)
    return Rejected("The gateway refused", code=sub)
