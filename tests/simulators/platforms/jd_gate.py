"""Who may call JD: signatures, clocks, tokens and their pages, by JD's documents alone."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_BEIJING: Final = timezone(timedelta(hours=8))
_SKEW: Final = timedelta(minutes=6)
_STAMP: Final = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d{3})\+0800)?")
#: what goes into the signature and may be sent at all, besides `sign`
_SYSTEM: Final = frozenset({"method", "app_key", "access_token", "timestamp", "v", "360buy_param_json"})
_CODE_LIFE: Final = timedelta(minutes=10)

#: code -> (zh_desc, en_desc)
ERRORS: Final[Mapping[str, tuple[str, str]]] = {
    "2": ("限制访问次数", "calls limited"),
    "5": ("不支持的版本号", "unsupported version"),
    "7": ("缺少时间戳参数", "missing timestamp"),
    "8": ("非法的时间戳参数", "invalid timestamp"),
    "11": ("缺少签名参数", "missing signature"),
    "12": ("无效签名", "invalid signature"),
    "13": ("无效数据格式", "invalid data format"),
    "14": ("缺少方法名参数", "missing method"),
    "15": ("不存在的方法名", "no such method"),
    "18": ("缺少access_token参数", "missing access_token"),
    "19": ("无效access_token", "invalid access_token"),
    "20": ("缺少app_key参数", "missing app_key"),
    "21": ("无效app_key", "invalid app_key"),
    "43": ("系统处理错误", "system error"),
    "61": ("参数格式错误", "parameter format error"),
    "62": ("参数不支持", "parameter not supported"),
    "65": ("后端服务超时", "backend service timeout"),
    "66": ("后端服务不可用", "backend service unavailable"),
    "70": ("订单正在出库", "the order is being shipped"),
    "73": ("请在京东云内调用", "call from inside the JD cloud"),
    "80": ("IP不在白名单", "address not on the list"),
}


class JdError(Exception):
    """JD refuses the call itself; `code` is one of `ERRORS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def sign_of(secret: str, params: Mapping[str, str]) -> str:
    """The signature of routerjson: secret, sorted names with their values, secret."""
    joined = "".join(name + params[name] for name in sorted(params) if params[name] != "" and name != "sign")
    return hashlib.md5(f"{secret}{joined}{secret}".encode()).hexdigest().upper()  # noqa: S324  JD's


@dataclass
class Gate:
    """One app, one shop's tokens, and the codes that were given out."""

    app_key: str = "ABCDEF0123456789"
    secret: str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    vender_id: int = 778899
    #: what a new token lives
    life: timedelta = timedelta(days=365)
    tokens: dict[str, datetime] = field(default_factory=dict)
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    codes: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def give_token(self, now: datetime) -> dict[str, object]:
        """A new token, as the token pages answer it."""
        token, refresh = secrets.token_hex(16), secrets.token_hex(16)
        self.tokens[token] = now + self.life
        self.refresh_tokens[refresh] = token
        return {
            "access_token": token,
            "expires_in": int(self.life.total_seconds()),
            "refresh_token": refresh,
            "scope": "snsapi_base",
            "open_id": "open-seller-1",
            "uid": str(self.vender_id),
            "time": int(now.timestamp() * 1000),
            "token_type": "bearer",
            "code": 0,
        }

    def give_code(self, redirect_uri: str, now: datetime) -> str:
        """The owner agreed on JD's page: a code, which is good once."""
        code = secrets.token_hex(8)
        self.codes[code] = (redirect_uri, now + _CODE_LIFE)
        return code

    def exchange(self, code: str, now: datetime) -> dict[str, object] | None:
        """A token for a code; None where the code is no good."""
        _uri, until = self.codes.pop(code, ("", now))
        return self.give_token(now) if until > now else None

    def refresh(self, refresh_token: str, now: datetime) -> dict[str, object] | None:
        """A new token for the old one, which is dead then."""
        old = self.refresh_tokens.pop(refresh_token, None)
        if old is None or self.tokens.get(old, now) <= now:
            return None
        del self.tokens[old]
        return self.give_token(now)

    def check(self, params: Mapping[str, str], known_methods: frozenset[str], now: datetime) -> str:
        """The method of a call that may be answered.

        Raises:
            JdError: it may not.
        """
        for name, code in (("method", "14"), ("app_key", "20"), ("timestamp", "7"), ("sign", "11")):
            if not params.get(name):
                raise JdError(code)
        if params.get("v") != "2.0":
            raise JdError("5")
        if params["app_key"] != self.app_key:
            raise JdError("21")
        if set(params) - _SYSTEM - {"sign"}:
            raise JdError("62")
        if abs(_moment(params["timestamp"]) - now) > _SKEW:
            raise JdError("8")
        if params["sign"] != sign_of(self.secret, params):
            raise JdError("12")
        if params["method"] not in known_methods:
            raise JdError("15")
        if not params.get("access_token"):
            raise JdError("18")
        self._check_token(params["access_token"], now)
        return params["method"]

    def check_sp(self, headers: Mapping[str, str], query: Mapping[str, str], path: str, now: datetime) -> None:
        """The same for SP-API: signed headers, query and what stands in the path.

        Raises:
            JdError: it may not be answered.
        """
        signed = {
            name: headers.get(name.lower(), "")
            for name in ("X-JOS-App-Key", "X-JOS-Access-Token", "X-JOS-Timestamp", "X-JOS-Sign-Method")
        }
        if signed["X-JOS-App-Key"] != self.app_key:
            raise JdError("21")
        stamp = signed["X-JOS-Timestamp"]
        if len(stamp) != 13 or not stamp.isdigit():
            raise JdError("7")
        if abs(datetime.fromtimestamp(int(stamp) / 1000, UTC) - now) > _SKEW:
            raise JdError("8")
        parts = {name: value for name, value in (("orderId", path),) if value}
        if headers.get("x-jos-sign") != sign_of(self.secret, {**signed, **query, **parts}):
            raise JdError("12")
        if headers.get("x-jos-request-identity") != "vender":
            raise JdError("62")
        self._check_token(signed["X-JOS-Access-Token"], now)

    def _check_token(self, token: str, now: datetime) -> None:
        until = self.tokens.get(token)
        if until is None or until <= now:
            raise JdError("19")


def _moment(text: str) -> datetime:
    found = _STAMP.fullmatch(text)
    if found is None:
        raise JdError("8")
    try:
        return datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=_BEIJING).astimezone(UTC)
    except ValueError:
        raise JdError("8") from None
