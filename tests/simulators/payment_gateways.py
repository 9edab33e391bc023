"""WeChat Pay v3 and Alipay on this machine: real RSA keys, signatures checked both ways, trades that are kept.

Nothing of ours is used to sign, verify or write a bill: what both sides got wrong alike would pass.
"""

import base64
import gzip
import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CHINA = timezone(timedelta(hours=8))


@lru_cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """One key a name, made when it is first asked for."""
    del name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(name: str) -> str:
    """A private key as a merchant's file holds it."""
    return (
        rsa_key(name)
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


def public_pem(name: str) -> str:
    """The public key that belongs to it."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return rsa_key(name).public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def signed(name: str, message: bytes) -> str:
    """RSA with SHA-256, PKCS#1 v1.5, base64."""
    return base64.b64encode(rsa_key(name).sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


def holds(name: str, message: bytes, signature: str) -> bool:
    """Whether the signature is of this message."""
    try:
        rsa_key(name).public_key().verify(base64.b64decode(signature), message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def yuan(fen: int) -> str:
    """Two decimals."""
    return f"{fen // 100}.{fen % 100:02d}"


@dataclass
class Payment:
    """One payment as its gateway keeps it."""

    number: str
    fen: int
    state: str
    transaction: str
    paid_at: datetime | None = None
    refunds: list[tuple[str, int, datetime]] = field(default_factory=list)


class PaymentServer:
    """What both gateways have in common: trades, faults, a clock, a log of calls."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.payments: dict[str, Payment] = {}
        #: applied to the next answers, one each; see the handlers for their names
        self.faults: list[str] = []
        #: (method, path) of every call that got past the signature
        self.calls: list[tuple[str, str]] = []
        self.refused: list[str] = []
        #: rows put into the bill besides our own trades: (number, transaction, fen, is_refund)
        self.strange: list[tuple[str, str, int, bool]] = []
        self._next = 1
        self._lock = threading.Lock()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body are two packets: with the algorithm each answer waits 40 ms for the other side.
            disable_nagle_algorithm = True

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base's name
                """Say nothing."""

            def date_time_string(self, timestamp: float | None = None) -> str:
                del timestamp
                return owner.now().astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")

            def do_GET(self) -> None:
                owner.answer(self, b"")

            def do_POST(self) -> None:
                owner.answer(self, self.rfile.read(int(self.headers.get("Content-Length", "0"))))

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    # --- what buyers and the merchant do --------------------------------------------------------------------------

    def open(self, number: str, fen: int) -> Payment:
        """A buyer came to the till."""
        payment = Payment(number, fen, "open", self._transaction())
        return self.payments.setdefault(number, payment)

    def pay(self, number: str, fen: int) -> Payment:
        """A buyer paid."""
        payment = self.open(number, fen)
        payment.fen, payment.state, payment.paid_at = fen, "paid", self.now()
        return payment

    def refund(self, number: str, fen: int | None = None) -> None:
        """The merchant gave money back."""
        payment = self.payments[number]
        payment.refunds.append((self._transaction(), payment.fen if fen is None else fen, self.now()))
        payment.state = "refunded"

    def shut(self, number: str) -> None:
        """The till is closed."""
        self.payments[number].state = "closed"

    def _transaction(self) -> str:
        self._next += 1
        return f"42000000{self._next:020d}"

    # --- the wire -------------------------------------------------------------------------------------------------

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """Answer one call."""
        with self._lock:
            fault = self.faults.pop(0) if self.faults else ""
            status, headers, reply = self.handle(handler, body, fault)
        if fault == "hang_up":
            # Whatever was asked for has been done.
            handler.close_connection = True
            handler.connection.close()
            return
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(reply)))
        handler.end_headers()
        handler.close_connection = fault == "cut"
        handler.wfile.write(reply[: len(reply) // 2] if fault == "cut" else reply)

    def handle(self, handler: BaseHTTPRequestHandler, body: bytes, fault: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers, body."""
        raise NotImplementedError

    def rows_of(self, day: str) -> list[tuple[str, str, int, bool]]:
        """The day's bill: number, transaction, fen, whether it went back."""
        rows = []
        for one in self.payments.values():
            if one.paid_at is not None and f"{one.paid_at.astimezone(CHINA):%Y-%m-%d}" == day:
                rows.append((one.number, one.transaction, one.fen, False))
            rows += [
                (one.number, one.transaction, fen, True)
                for _, fen, at in one.refunds
                if f"{at.astimezone(CHINA):%Y-%m-%d}" == day
            ]
        return rows + self.strange


class WechatServer(PaymentServer):
    """WeChat Pay v3 for one merchant."""

    MCHID, SERIAL, GATEWAY_SERIAL = "1900000001", "5157F09EFDC096DE15EBE81A47057A72", "PUB_KEY_ID_0119000000012026"

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(now)
        self._nonces: set[str] = set()
        self._bills: dict[str, bytes] = {}

    def settings(self) -> dict[str, str]:
        """What the owner enters, but for the private key."""
        return {
            "mchid": self.MCHID,
            "serial_no": self.SERIAL,
            "gateway_serial": self.GATEWAY_SERIAL,
            "gateway_key": public_pem("wechat"),
            "base_url": self.url,
        }

    def secrets(self) -> dict[str, str]:
        """The private key."""
        return {"private_key": private_pem("wechat merchant")}

    def handle(self, handler: BaseHTTPRequestHandler, body: bytes, fault: str) -> tuple[int, dict[str, str], bytes]:
        """One call; `fault` may be rate_limit, system_error, unsigned, bad_signature, wrong_serial, old, other."""
        parts = urlsplit(handler.path)
        why = self._why_refused(handler, body)
        if why:
            self.refused.append(why)
            return self._error(401, "SIGN_ERROR", why)
        self.calls.append((handler.command, parts.path))
        if fault == "rate_limit":
            return self._error(429, "FREQUENCY_LIMITED", "too many", {"Retry-After": "7"})
        if fault == "system_error":
            return self._error(500, "SYSTEM_ERROR", "unwell")
        if parts.path.startswith("/download/"):
            data = self._bills[parts.path.removeprefix("/download/")]
            return 200, {"Content-Type": "application/gzip"}, data[: len(data) // 2] if fault == "half" else data
        status, reply = self._reply(handler.command, parts.path, dict(parse_qsl(parts.query)), body, fault)
        if status >= 400:
            return self._error(status, str(reply["code"]), "no")
        data = b"" if status == 204 else json.dumps(reply, ensure_ascii=False).encode()
        return status, {"Content-Type": "application/json"} | self._signature(data, fault), data

    def _signature(self, data: bytes, fault: str) -> dict[str, str]:
        if fault == "unsigned":
            return {}
        at = self.now() - (timedelta(minutes=6) if fault == "old" else timedelta())
        stamp, nonce = str(int(at.timestamp())), f"n{self._next}"
        text = f"{stamp}\n{nonce}\n".encode() + data + b"\n"
        if fault == "bad_signature":
            text += b"!"
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": signed("wechat", text),
            "Wechatpay-Serial": "PUB_KEY_ID_0" if fault == "wrong_serial" else self.GATEWAY_SERIAL,
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        }

    def _why_refused(self, handler: BaseHTTPRequestHandler, body: bytes) -> str:
        scheme, _, rest = handler.headers.get("Authorization", "").partition(" ")
        words = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        if scheme != "WECHATPAY2-SHA256-RSA2048" or words.get("mchid") != self.MCHID:
            return "scheme or merchant"
        if words.get("serial_no") != self.SERIAL:
            return "serial"
        if abs(int(words["timestamp"]) - self.now().timestamp()) > 300:
            return "timestamp"
        if words["nonce_str"] in self._nonces:
            return "nonce"
        self._nonces.add(words["nonce_str"])
        text = f"{handler.command}\n{handler.path}\n{words['timestamp']}\n{words['nonce_str']}\n".encode()
        return "" if holds("wechat merchant", text + body + b"\n", words["signature"]) else "signature"

    @staticmethod
    def _error(
        status: int, code: str, why: str, more: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        return (
            status,
            {"Content-Type": "application/json"} | (more or {}),
            json.dumps({"code": code, "message": why}).encode(),
        )

    def _reply(
        self, method: str, path: str, query: dict[str, str], body: bytes, fault: str
    ) -> tuple[int, dict[str, Any]]:
        met = re.fullmatch(r"/v3/pay/transactions/out-trade-no/([^/]+)(/close)?", path)
        if met is not None:
            payment = self.payments.get(unquote(met.group(1)))
            asked_for = json.loads(body).get("mchid") if met.group(2) else query.get("mchid")
            if asked_for != self.MCHID:
                return 400, {"code": "PARAM_ERROR"}
            if payment is None:
                return 404, {"code": "ORDER_NOT_EXIST"}
            if method == "POST" and met.group(2):
                if payment.state in {"paid", "refunded"}:
                    return 400, {"code": "ORDER_PAID"}
                payment.state = "closed"
                return 204, {}
            return 200, self._transaction_of(payment, fault)
        if path == "/v3/bill/tradebill":
            return self._bill_of(query, fault)
        return 404, {"code": "RESOURCE_NOT_EXISTS"}

    def _transaction_of(self, payment: Payment, fault: str) -> dict[str, Any]:
        state = {"open": "NOTPAY", "paid": "SUCCESS", "refunded": "REFUND", "closed": "CLOSED"}[payment.state]
        told: dict[str, Any] = {
            "appid": "wx0000000000000001",
            "mchid": self.MCHID,
            "out_trade_no": "another" if fault == "other" else payment.number,
            "trade_state": state,
            "trade_state_desc": "说明",
        }
        if payment.paid_at is not None:
            told |= {
                "transaction_id": payment.transaction,
                "success_time": payment.paid_at.astimezone(CHINA).isoformat(timespec="seconds"),
                "amount": {"total": payment.fen, "payer_total": payment.fen, "currency": "CNY"},
                "payer": {"openid": "o-1"},
            }
        return told

    def _bill_of(self, query: dict[str, str], fault: str) -> tuple[int, dict[str, Any]]:
        day = query["bill_date"]
        if fault == "creating":
            return 400, {"code": "STATEMENT_CREATING"}
        now = self.now().astimezone(CHINA)
        if f"{now - timedelta(hours=10):%Y-%m-%d}" <= day:
            return 400, {"code": "STATEMENT_CREATING"}
        rows = self.rows_of(day)
        if not rows:
            return 400, {"code": "NO_STATEMENT_EXIST"}
        plain = wechat_bill_text(rows).encode()
        self._bills[day] = gzip.compress(plain, 1)
        told = plain + (b"!" if fault == "wrong_hash" else b"")
        digest = hashlib.sha1(told, usedforsecurity=False).hexdigest()
        url = "http://127.0.0.1:1" if fault == "elsewhere" else self.url
        return 200, {"hash_type": "SHA1", "hash_value": digest, "download_url": f"{url}/download/{day}"}


_WECHAT_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
_WECHAT_SUMS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def wechat_bill_text(rows: list[tuple[str, str, int, bool]]) -> str:
    """A bill as WeChat writes it: back-ticks, yuan, sums at the end."""
    lines = [_WECHAT_HEAD]
    for number, transaction, fen, is_refund in rows:
        paid, back = ("0.00", yuan(fen)) if is_refund else (yuan(fen), "0.00")
        state = "REFUND" if is_refund else "SUCCESS"
        values = [
            "2026-06-17 10:11:12", "wx0000000000000001", "1900000001", "0", "", transaction, number, "o-1", "JSAPI",
            state, "OTHERS", "CNY", paid, "0.00", f"50{transaction[2:]}" if is_refund else "0",
            f"R{number}" if is_refund else "0", back, "0.00", "ORIGINAL" if is_refund else "",
            "SUCCESS" if is_refund else "", "奶粉，一段", "", "0.00000", "0.60%", paid, back, "",
        ]  # fmt: skip
        lines.append(",".join(f"`{value}" for value in values))
    paid_sum = sum(fen for _, _, fen, is_refund in rows if not is_refund)
    back_sum = sum(fen for _, _, fen, is_refund in rows if is_refund)
    sums = [
        str(len(rows)), yuan(paid_sum), yuan(back_sum), "0.00", "0.00000", yuan(paid_sum), yuan(back_sum),
    ]  # fmt: skip
    return "\r\n".join([*lines, _WECHAT_SUMS, ",".join(f"`{value}" for value in sums)]) + "\r\n"


class AlipayServer(PaymentServer):
    """Alipay's open API for one application."""

    APP_ID = "2026000000000001"

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(now)
        self._bills: dict[str, tuple[datetime, bytes]] = {}

    def settings(self) -> dict[str, str]:
        """What the owner enters, but for the private key."""
        bare = "".join(public_pem("alipay").splitlines()[1:-1])
        return {"app_id": self.APP_ID, "gateway_key": bare, "base_url": f"{self.url}/gateway.do"}

    def secrets(self) -> dict[str, str]:
        """The private key as the key tool shows it: one line without head and foot."""
        return {"private_key": "".join(private_pem("alipay app").splitlines()[1:-1])}

    def handle(self, handler: BaseHTTPRequestHandler, body: bytes, fault: str) -> tuple[int, dict[str, str], bytes]:
        """One call; `fault` may be rate_limit, unknown, unsigned, bad_signature, other."""
        parts = urlsplit(handler.path)
        if parts.path.startswith("/bill/"):
            return self._download(parts.path.removeprefix("/bill/"), fault)
        params = dict(parse_qsl(body.decode(), keep_blank_values=True)) | dict(parse_qsl(parts.query))
        method = params.get("method", "")
        name = f"{method.replace('.', '_')}_response"
        sub = self._why_refused(params)
        if sub:
            self.refused.append(sub)
            return self._said(name, {"code": "40002", "msg": "Invalid Arguments", "sub_code": sub}, "unsigned")
        self.calls.append((method, str(json.loads(params["biz_content"]))))
        if fault == "rate_limit":
            told = {"code": "40004", "msg": "Business Failed", "sub_code": "isv.app-call-limited"}
            return self._said(name, told, fault)
        if fault == "unknown":
            told = {"code": "20000", "msg": "Service Currently Unavailable", "sub_code": "isp.unknow-error"}
            return self._said(name, told, fault)
        return self._said(name, self._reply(method, json.loads(params["biz_content"]), fault), fault)

    def _said(self, name: str, told: dict[str, Any], fault: str) -> tuple[int, dict[str, str], bytes]:
        # Slashes are escaped and a space stands where no JSON library of ours would put it: the raw text is signed.
        raw = json.dumps(told, ensure_ascii=False).replace("/", "\\/")
        signature = signed("alipay", raw.encode() + (b" " if fault == "bad_signature" else b""))
        end = "" if fault == "unsigned" else f',"alipay_cert_sn":"x", "sign":"{signature}"'
        return 200, {"Content-Type": "text/html;charset=utf-8"}, f'{{"{name}":{raw}{end}}}'.encode()

    def _why_refused(self, params: dict[str, str]) -> str:
        if params.get("app_id") != self.APP_ID:
            return "isv.invalid-app-id"
        text = "&".join(f"{key}={value}" for key, value in sorted(params.items()) if value and key != "sign")
        if params.get("sign_type") != "RSA2" or not holds("alipay app", text.encode(), params.get("sign", "")):
            return "isv.invalid-signature"
        try:
            at = datetime.strptime(params["timestamp"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
        except (KeyError, ValueError):
            return "isv.invalid-timestamp"
        return "isv.invalid-timestamp" if abs(at - self.now()) > timedelta(minutes=15) else ""

    def _reply(self, method: str, content: dict[str, str], fault: str) -> dict[str, Any]:
        if method == "alipay.data.dataservice.bill.downloadurl.query":
            return self._bill_of(content["bill_date"])
        payment = self.payments.get(content.get("out_trade_no", ""))
        missing = {
            "code": "40004",
            "msg": "Business Failed",
            "sub_code": "ACQ.TRADE_NOT_EXIST",
            "sub_msg": "交易不存在",
        }
        if payment is None:
            return missing
        good = {"code": "10000", "msg": "Success"}
        if method == "alipay.trade.close":
            if payment.state in {"paid", "refunded"}:
                return {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.REASON_TRADE_STATUS_INVALID"}
            payment.state = "closed"
            return good | {"out_trade_no": payment.number}
        left = payment.fen - sum(fen for _, fen, _ in payment.refunds)
        state = {
            "open": "WAIT_BUYER_PAY",
            "paid": "TRADE_SUCCESS",
            "refunded": "TRADE_SUCCESS" if left else "TRADE_CLOSED",
            "closed": "TRADE_CLOSED",
        }[payment.state]
        told = good | {
            "out_trade_no": "another" if fault == "other" else payment.number,
            "trade_no": payment.transaction,
            "trade_status": state,
            "total_amount": yuan(payment.fen),
            "buyer_logon_id": "lin***@x.cn",
            "store_name": "西湖/一店",
        }
        if payment.paid_at is not None:
            told["send_pay_date"] = f"{payment.paid_at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
        return told

    def _bill_of(self, day: str) -> dict[str, Any]:
        rows = self.rows_of(day)
        if not rows or f"{self.now().astimezone(CHINA) - timedelta(hours=10):%Y-%m-%d}" <= day:
            return {"code": "40004", "msg": "Business Failed", "sub_code": "BILL_NOT_EXIST"}
        self._bills[day] = (self.now() + timedelta(seconds=30), alipay_bill_zip(day, rows))
        return {"code": "10000", "msg": "Success", "bill_download_url": f"{self.url}/bill/{day}?signed=1&x=%2F"}

    def _download(self, day: str, fault: str) -> tuple[int, dict[str, str], bytes]:
        until, data = self._bills[day]
        if fault == "late" or self.now() > until:
            return 403, {}, b"expired"
        return 200, {"Content-Type": "application/zip"}, data[: len(data) // 2] if fault == "half" else data


_ALIPAY_HEAD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,"
    "商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,"
    "卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)


def alipay_bill_text(rows: list[tuple[str, str, int, bool]]) -> str:
    """A bill as Alipay writes it: comments before and behind, a tab behind each number."""
    lines = [
        "#支付宝业务明细查询",
        "#账号：[20880000000000010156]",
        "#起始日期：[2026年06月17日 00:00:00]   终止日期：[2026年06月18日 00:00:00]",
        "#-----------------------------------------业务明细列表----------------------------------------",
        _ALIPAY_HEAD,
    ]
    for number, transaction, fen, is_refund in rows:
        amount = f"-{yuan(fen)}" if is_refund else yuan(fen)
        values = [
            f"{transaction}\t", f"{number}\t", "退款" if is_refund else "交易", "奶粉 一段", "2026-06-17 10:11:12",
            "2026-06-17 10:11:12", "\t", "", "", "\t", "*小林(lin***@x.cn)", amount, amount, "0.00", "0.00", "0.00",
            "0.00", "0.00", "", "0.00", "0.00", f"R{number}\t" if is_refund else "\t", "-0.01", "0.00", "",
        ]  # fmt: skip
        lines.append(",".join(values))
    paid = [row for row in rows if not row[3]]
    back = [row for row in rows if row[3]]
    lines += [
        "#-----------------------------------------业务明细列表结束------------------------------------",
        f"#交易合计：{len(paid)}笔，商家实收共{yuan(sum(row[2] for row in paid))}元，商家优惠共0.00元",
        f"#退款合计：{len(back)}笔，商家实收退款共-{yuan(sum(row[2] for row in back))}元，商家优惠退款共0.00元",
        "#导出时间：[2026年06月18日 09:00:00]",
    ]
    return "\r\n".join(lines) + "\r\n"


def alipay_bill_zip(day: str, rows: list[tuple[str, str, int, bool]]) -> bytes:
    """The archive: names in GBK without a flag that says so, as Alipay's are."""
    packed = io.BytesIO()
    plain = day.replace("-", "")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (
            (f"20880000000000010156_{plain}_业务明细.csv", alipay_bill_text(rows)),
            (f"20880000000000010156_{plain}_业务明细(汇总).csv", "#支付宝业务汇总查询\r\n"),
        ):
            archive.writestr(_GbkInfo(name), text.encode("gbk"))
    return packed.getvalue()


class _GbkInfo(zipfile.ZipInfo):
    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802  the other side's name
        return self.filename.encode("gbk"), self.flag_bits & ~0x800
