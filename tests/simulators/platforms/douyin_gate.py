"""The gate of the simulated Douyin shop: refusals, signatures with code of its own, and tokens with a life.

The signature and `param_json` are as in the platform's guides: keys sorted at every level, no blanks, no trailing
`.0`, nothing escaped that need not be. The gate forms that text anew out of what was sent, so that any other text
fails as a wrong signature does.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from tests.simulators.platforms.server import Call

_CHINA = timezone(timedelta(hours=8))
_SKEW = timedelta(minutes=10)
ACCESS_LIFE = timedelta(days=7)
REFRESH_LIFE = timedelta(days=14)
CODE_LIFE = timedelta(minutes=10)
#: within this time before its end a token is exchanged for a new one, and the old one lives on so long
_LAST_HOUR = timedelta(hours=1)


class RefusalError(Exception):
    """The platform says no: `code` of the gateway and the interface's own `sub_code`."""

    def __init__(self, code: int, sub_code: str, sub_msg: str) -> None:
        super().__init__(f"{code} {sub_code}")
        self.code = code
        self.sub_code = sub_code
        self.sub_msg = sub_msg


def failed(number: str, words: str) -> RefusalError:
    """A call that was understood and cannot be done (50002)."""
    return RefusalError(50002, f"isv.business-failed:{number}", words)


@dataclass(frozen=True, slots=True)
class DouyinApp:
    """One app of one shop, as its owner sees it on the open platform."""

    key: str = "7000000000000000001"
    secret: str = "11111111-2222-3333-4444-555555555555"
    shop_id: str = "38173182"
    shop_name: str = "练习旗舰店"


@dataclass(slots=True)
class Pair:
    """An access token, its refresh token, and until when both live."""

    access: str
    refresh: str
    access_until: datetime
    refresh_until: datetime


@dataclass(slots=True)
class TokenOffice:
    """Who may come in, and how long."""

    app: DouyinApp
    now: Callable[[], datetime]
    pairs: list[Pair] = field(default_factory=list)
    codes: dict[str, datetime] = field(default_factory=dict)
    #: the owner took the authorisation back
    is_closed: bool = False
    _next: int = 1

    def new_code(self) -> str:
        """What the owner's page sends to the redirect address."""
        code = f"code-{self._number()}"
        self.codes[code] = self.now() + CODE_LIFE
        return code

    def grant(self) -> Pair:
        """A fresh pair, as after authorising."""
        now = self.now()
        number = self._number()
        pair = Pair(f"access-{number}", f"refresh-{number}", now + ACCESS_LIFE, now + REFRESH_LIFE)
        self.pairs.append(pair)
        return pair

    def create(self, wish: Mapping[str, Any]) -> Pair:
        """`token/create`. For the shop's own app the living pair is given again until its last hour."""
        grant_type = wish.get("grant_type")
        if grant_type == "authorization_code":
            until = self.codes.pop(str(wish.get("code", "")), None)
            if until is None or until < self.now():
                raise RefusalError(50002, "isv.business-failed:31006", "授权码无效或已过期")
            return self.grant()
        if grant_type != "authorization_self" or "code" not in wish:
            raise RefusalError(40004, "isv.parameter-invalid:31001", "grant_type不正确")
        if str(wish.get("shop_id") or wish.get("auth_id") or "") != self.app.shop_id:
            raise RefusalError(50002, "isv.business-failed:31005", "店铺未授权该应用")
        living = [pair for pair in self.pairs if pair.access_until - self.now() > _LAST_HOUR]
        return living[-1] if living else self.grant()

    def refresh(self, wish: Mapping[str, Any]) -> Pair:
        """`token/refresh`: the same pair until the last hour of its life; an ended one dies with the exchange."""
        if wish.get("grant_type") != "refresh_token":
            raise RefusalError(40004, "isv.parameter-invalid:31001", "grant_type不正确")
        now = self.now()
        old = next((pair for pair in self.pairs if pair.refresh == wish.get("refresh_token")), None)
        if old is None or old.refresh_until < now:
            raise RefusalError(50002, "isv.business-failed:31004", "refresh_token无效或已过期")
        if old.access_until - now > _LAST_HOUR:
            return old
        new = self.grant()
        if old.access_until > now:
            old.access_until = old.refresh_until = now + _LAST_HOUR
        else:
            self.pairs.remove(old)
        return new

    def admit(self, token: str) -> None:
        """Refuse a token that is unknown or whose time is over."""
        if self.is_closed:
            raise RefusalError(30001, "dop.authorization-closed", "店铺已关闭授权")
        pair = next((pair for pair in self.pairs if pair.access == token), None)
        if not token or pair is None:
            raise RefusalError(40003, "isv.access-token-no-existed", "access_token不存在")
        if pair.access_until <= self.now():
            raise RefusalError(40003, "isv.access-token-expired", "access_token已过期")

    def _number(self) -> int:
        self._next += 1
        return self._next


def admitted(call: Call, app: DouyinApp, office: TokenOffice) -> Mapping[str, Any]:
    """What a genuine call asks for.

    Raises:
        RefusalError: it is not genuine, or too old, or nobody let it in.
    """
    query = dict(call.query)
    if call.method != "POST" or len(query) != len(call.query):
        raise RefusalError(40004, "isv.parameter-invalid", "请求方式不正确")
    for name in ("app_key", "method", "timestamp", "v", "sign"):
        if not query.get(name):
            raise RefusalError(40001, "isv.missing-parameter", f"缺少必选参数：{name}")
    if "param_json" in query:
        raise RefusalError(40003, "isv.signature-invalid", "param_json请放在body中")
    if query["method"] != call.path.strip("/").replace("/", ".") or query["v"] != "2":
        raise RefusalError(40003, "isv.parameter-format-invalid", "method或v不正确")
    if query["app_key"] != app.key:
        raise RefusalError(30001, "isv.app-permissions-insufficient", "app_key不存在")
    if abs(_moment(query["timestamp"]) - office.now()) > _SKEW:
        raise RefusalError(40003, "isv.timestamp-invalid", "timestamp与服务器时间相差超过10分钟")
    param_json = canonical(call.body)
    expected = signed(app.secret, query, param_json)
    if not hmac.compare_digest(expected.encode(), query["sign"].encode()):
        raise RefusalError(40003, "isv.signature-invalid", "签名不正确")
    if not query["method"].startswith("token."):
        office.admit(query.get("access_token", ""))
    wish = json.loads(param_json)
    return wish if isinstance(wish, dict) else {}


def signed(secret: str, query: Mapping[str, str], param_json: str) -> str:
    """The signature the gate expects; without a `sign_method` it takes MD5."""
    parts = [f"{name}{query[name]}" for name in ("app_key", "method")]
    parts += [f"param_json{param_json}", f"timestamp{query['timestamp']}", f"v{query['v']}"]
    text = f"{secret}{''.join(parts)}{secret}".encode()
    way = query.get("sign_method", "md5")
    if way == "hmac-sha256":
        return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    if way == "md5":
        return hashlib.md5(text, usedforsecurity=False).hexdigest()
    raise RefusalError(40003, "isv.signature-invalid", "sign_method不正确")


def canonical(body: bytes) -> str:
    """The only text the gate signs for these parameters."""
    try:
        data = json.loads(body, parse_float=Decimal)
        return json.dumps(_plain(data), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    except (ValueError, TypeError):
        raise RefusalError(40003, "isv.parameter-format-invalid", "param_json不是JSON") from None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _moment(text: str) -> datetime:
    try:
        if text.isascii() and text.isdigit():
            return datetime.fromtimestamp(int(text), UTC)
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_CHINA)
    except (ValueError, OverflowError, OSError):
        raise RefusalError(40003, "isv.timestamp-invalid", "timestamp格式不正确") from None
