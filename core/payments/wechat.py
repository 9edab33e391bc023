"""WeChat Pay v3 of one merchant: every request is signed, and every good answer has to be."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from core.payments.contract import Bill, Trade, TradeState
from core.payments.keys import is_signed, sign
from core.payments.wechat_bill import wechat_bill
from core.runtime.china import china_day
from core.runtime.http import Call, Endpoint, ErrorReply, HttpClient, Outgoing, Reply, Signed
from core.runtime.remote_errors import (
    AuthExpired,
    ChannelError,
    ContractBroken,
    RateLimited,
    Rejected,
    Temporary,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

HOST: Final = "https://api.mch.weixin.qq.com"
_SCHEME: Final = "WECHATPAY2-SHA256-RSA2048"
#: an answer whose time is further from ours may be an old one played again
_STALE: Final = timedelta(minutes=5)
#: packed; 300,000 rows are about 20 MB
_LARGEST_BILL: Final = 64 * 1024 * 1024
_STATES: Final[Mapping[str, TradeState]] = {
    "SUCCESS": TradeState.PAID,
    "REFUND": TradeState.REFUNDED,
    "NOTPAY": TradeState.WAITING,
    "USERPAYING": TradeState.WAITING,
    # one try failed; the buyer may try again
    "PAYERROR": TradeState.WAITING,
    "ACCEPT": TradeState.WAITING,
    "CLOSED": TradeState.CLOSED,
    "REVOKED": TradeState.CLOSED,
}
#: a number that no mall gives: asking for it proves keys and account
_NOBODYS: Final = "PACKDESK-TRY-0"


@dataclass(frozen=True, slots=True)
class WechatAccount:
    """A merchant's account.

    Attributes:
        serial_no: of the merchant's certificate, whose key is `private`.
        gateway_keys: by the serial of the platform's certificate, or by the id of its public key (`PUB_KEY_ID_...`).
    """

    mchid: str
    serial_no: str
    private: "RSAPrivateKey"
    gateway_keys: Mapping[str, "RSAPublicKey"]

    def __repr__(self) -> str:
        return f"WechatAccount({self.mchid!r})"


class WechatPay:
    """Implements `core.payments.contract.Gateway`."""

    def __init__(
        self,
        place: Endpoint,
        account: WechatAccount,
        http: HttpClient,
        *,
        make_nonce: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._place = place
        self._account = account
        self._http = http
        self._make_nonce = make_nonce

    def query(self, payment_no: str) -> Trade:
        """How the payment of this number stands."""
        path = f"/v3/pay/transactions/out-trade-no/{quote(payment_no, safe='')}"
        call = Call("wechat.query", "GET", path, query=(("mchid", self._account.mchid),))
        try:
            data = self._call(call).data
        except Rejected as error:
            if error.code == "ORDER_NOT_EXIST":
                return Trade(payment_no, TradeState.UNKNOWN)
            raise
        return self._trade(payment_no, data)

    def close(self, payment_no: str) -> None:
        """Let nobody pay under this number any more."""
        path = f"/v3/pay/transactions/out-trade-no/{quote(payment_no, safe='')}/close"
        try:
            self._call(Call("wechat.close", "POST", path, body={"mchid": self._account.mchid}))
        except Rejected as error:
            if error.code not in {"ORDER_NOT_EXIST", "ORDER_CLOSED"}:
                raise

    def bill(self, day: date) -> Bill:
        """The bill of one day; what is not unpacked to what its check says is `BillDamaged`."""
        data = self._bill_address(day)
        if data is None:
            return Bill(lambda: ())
        url, check = data.get("download_url"), data.get("hash_value")
        if not isinstance(url, str) or not isinstance(check, str) or data.get("hash_type") != "SHA1":
            raise _broken("payment.bill")
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" != self._root:
            # Our signature goes with the request: to nobody else.
            raise ContractBroken("The bill lies at another host", code="payment.bill_host")
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        place = replace(self._place, base=self._root)
        packed = self._http.download(place, target, _LARGEST_BILL, accept="*/*", sign=self._sign)
        return wechat_bill(packed, check)

    def check(self) -> None:
        """Prove our key by a payment that does not exist, and the gateway's by the newest bill, where there is one.

        That nothing exists comes unsigned; where a bill lies is said with a signature.
        """
        self.query(_NOBODYS)
        today = china_day(self._http.server_now(self._place))
        with suppress(Temporary):
            self._bill_address(today - timedelta(days=1))

    def _bill_address(self, day: date) -> Mapping[str, object] | None:
        query = (("bill_date", day.isoformat()), ("bill_type", "ALL"), ("tar_type", "GZIP"))
        try:
            return self._call(Call("wechat.bill", "GET", "/v3/bill/tradebill", query=query)).data
        except Rejected as error:
            if error.code == "NO_STATEMENT_EXIST":
                return None
            raise

    @property
    def _root(self) -> str:
        parts = urlsplit(self._place.base)
        return f"{parts.scheme}://{parts.netloc}"

    def _call(self, call: Call) -> Reply:
        return self._http.call(self._place, replace(call, sign=self._sign, explain=_error_of, verify=self._verify))

    def _sign(self, outgoing: Outgoing) -> Mapping[str, str]:
        nonce, at = self._make_nonce(), str(int(outgoing.server_now.timestamp()))
        text = signed_text(outgoing.method, outgoing.target, at, nonce, outgoing.body)
        words = {
            "mchid": self._account.mchid,
            "nonce_str": nonce,
            "signature": sign(self._account.private, text),
            "timestamp": at,
            "serial_no": self._account.serial_no,
        }
        joined = ",".join(f'{name}="{value}"' for name, value in words.items())
        return {"Authorization": f"{_SCHEME} {joined}"}

    def _verify(self, answer: Signed) -> None:
        """Refuse what the gateway did not sign with a key we know, and just now."""
        told = {name: answer.headers.get(f"wechatpay-{name}", "") for name in ("timestamp", "nonce", "signature")}
        if not all(told.values()):
            raise ContractBroken("The answer is not signed: it may be forged", code="payment.unsigned")
        key = self._account.gateway_keys.get(answer.headers.get("wechatpay-serial", ""))
        if key is None:
            raise ContractBroken("The answer is signed with a key we do not know", code="payment.serial")
        if not told["timestamp"].isascii() or not told["timestamp"].isdigit():
            raise ContractBroken("The answer bears no time", code="payment.unsigned")
        if not is_signed(key, answer_text(told["timestamp"], told["nonce"], answer.body), told["signature"]):
            raise ContractBroken("The answer's signature is not the gateway's", code="payment.signature")
        if abs(answer.now.timestamp() - int(told["timestamp"][:12])) > _STALE.total_seconds():
            sentence = "The answer is older than five minutes, or this computer's clock is wrong"
            raise ContractBroken(sentence, code="payment.stale")

    def _trade(self, payment_no: str, data: Mapping[str, object]) -> Trade:
        if data.get("out_trade_no") != payment_no or data.get("mchid") != self._account.mchid:
            raise ContractBroken("The gateway answered for another payment", code="payment.other")
        state = _STATES.get(str(data.get("trade_state")))
        if state is None:
            raise _broken("trade_state")
        if state not in {TradeState.PAID, TradeState.REFUNDED}:
            return Trade(payment_no, state)
        amount = data.get("amount")
        total = amount.get("total") if isinstance(amount, dict) else None
        currency = amount.get("currency", "CNY") if isinstance(amount, dict) else ""
        if type(total) is not int or total < 0 or currency != "CNY":
            raise _broken("amount")
        return Trade(payment_no, state, total, str(data.get("transaction_id", "")), _time(data.get("success_time")))


def signed_text(method: str, target: str, at: str, nonce: str, body: bytes) -> bytes:
    """What a request's signature is of; an empty body has its newline all the same."""
    return f"{method}\n{target}\n{at}\n{nonce}\n".encode() + body + b"\n"


def answer_text(at: str, nonce: str, body: bytes) -> bytes:
    """What an answer's signature is of."""
    return f"{at}\n{nonce}\n".encode() + body + b"\n"


def _time(value: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise _broken("success_time") from None
    if at.tzinfo is None:
        raise _broken("success_time")
    return at


def _broken(code: str) -> ContractBroken:
    return ContractBroken("The gateway's answer is not what its document promises", code=code)


def _error_of(reply: ErrorReply) -> ChannelError:
    told = (reply.problem or {}).get("code")
    code = told if isinstance(told, str) and told.isascii() and len(told) <= 64 else str(reply.status)
    if reply.status == 429 or code == "FREQUENCY_LIMITED":
        return RateLimited("The gateway asks for fewer calls", code=code, retry_after_s=reply.retry_after_s or 5.0)
    if reply.status >= 500 or reply.status == 408 or code in {"SYSTEM_ERROR", "STATEMENT_CREATING"}:
        return Temporary("The gateway does not answer properly at the moment", code=code)
    if reply.problem is None:
        return ContractBroken("The gateway refused without saying why", code=code)
    if reply.status in {401, 403}:
        return AuthExpired("The gateway does not accept the merchant's key", code=code)
    return Rejected("The gateway refused", code=code)
