"""How Pinduoduo is spoken to: parameters by form or JSON, the signature over all of them, refusals with status 200.

Written from channels_other.md 2.1 and 2.2; knows nothing of the adapter.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from tests.simulators.platforms.server import Answer, Call, json_answer

SKEW: Final = timedelta(minutes=10)
COMMON: Final = frozenset({"type", "client_id", "access_token", "timestamp", "data_type", "version", "sign"})

#: what `error_msg` says beside a code
_WORDS: Final = {
    10000: "参数错误",
    10001: "公共参数错误",
    10016: "client_id不存在",
    10017: "type不存在",
    10019: "access_token已过期",
    20004: "签名sign校验失败",
    20005: "ip无权访问接口",
    20032: "access_token与client_id不匹配",
    50001: "业务服务错误",
    52101: "当前接口被限流，请稍后重试",
    52102: "当前接口暂时不可用，请稍后重试",
    70031: "调用过于频繁，请调整调用频率",
}


class RefusedError(Exception):
    """The gateway or the service says no."""

    def __init__(self, code: int, sub_msg: str = "") -> None:
        super().__init__(code, sub_msg)
        self.code = code
        self.sub_msg = sub_msg


def refusal(code: int, sub_msg: str = "") -> Answer:
    """A refusal as it goes over the wire: status 200."""
    words = _WORDS[code]
    said = {
        "error_msg": words,
        "sub_msg": sub_msg or words,
        "sub_code": str(code) if sub_msg else None,
        "error_code": code,
        "request_id": "15440104776643887",
    }
    return json_answer({"error_response": said})


def params_of(call: Call) -> dict[str, str]:
    """All parameters of a call, as the signature sees them.

    Raises:
        RefusedError: a name twice, something nested in a JSON body, or a body that is neither.
    """
    if call.method != "POST" or call.path != "/api/router":
        raise RefusedError(10017, "请求地址不存在")
    if call.query:
        raise RefusedError(10001, "参数请放在请求体中")
    kind = call.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/json":
        return _from_json(call.body)
    if kind != "application/x-www-form-urlencoded":
        raise RefusedError(10001, "Content-Type")
    found: dict[str, str] = {}
    for name, value in call.form:
        if name in found:
            raise RefusedError(10001, f"重复参数:{name}")
        found[name] = value
    return found


def _from_json(body: bytes) -> dict[str, str]:
    try:
        raw = json.loads(body)
    except ValueError:
        raise RefusedError(10001, "JSON格式错误") from None
    if not isinstance(raw, dict):
        raise RefusedError(10001, "JSON格式错误")
    found: dict[str, str] = {}
    for name, value in raw.items():
        if value is None:
            continue
        if isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, (str, int)):
            found[name] = str(value)
        else:
            raise RefusedError(10001, f"参数必须是平铺的:{name}")
    return found


def signature(secret: str, params: Mapping[str, str]) -> str:
    """What `sign` has to be."""
    told = "".join(name + params[name] for name in sorted(params) if name != "sign")
    return hashlib.md5(f"{secret}{told}{secret}".encode()).hexdigest().upper()  # noqa: S324  the platform's own choice


def check_common(params: Mapping[str, str], client_id: str, secret: str, now: datetime) -> None:
    """Refuse a call that is not signed, not of now, or not of this app."""
    if "sign_method" in params:
        raise RefusedError(10001, "sign_method")
    for name in ("type", "client_id", "timestamp", "sign"):
        if not params.get(name):
            raise RefusedError(10001, f"缺少参数:{name}")
    if params["client_id"] != client_id:
        raise RefusedError(10016)
    if params.get("data_type", "JSON") != "JSON":
        raise RefusedError(10001, "data_type")
    if params.get("version", "V1") != "V1":
        raise RefusedError(10001, "version")
    if params["sign"] != signature(secret, params):
        raise RefusedError(20004)
    stamp = params["timestamp"]
    # milliseconds lie far in the future; the public client that sends them is wrong
    if not stamp.isdigit() or abs(int(stamp) - now.timestamp()) > SKEW.total_seconds():
        raise RefusedError(10001, "timestamp")


def whole(params: Mapping[str, str], name: str, least: int, most: int, default: int | None = None) -> int:
    """A whole number within bounds; without a default it has to be there."""
    text = params.get(name, "")
    if not text and default is not None:
        return default
    try:
        value = int(text)
    except ValueError:
        raise RefusedError(10000, f"{name}参数错误") from None
    if not least <= value <= most:
        raise RefusedError(10000, f"{name}参数错误")
    return value


def flag(params: Mapping[str, str], name: str) -> bool:
    """`true` or `false`; false where it is not there."""
    text = params.get(name, "false")
    if text not in ("true", "false"):
        raise RefusedError(10000, f"{name}参数错误")
    return text == "true"


def needed(params: Mapping[str, str], name: str) -> str:
    """Text that has to be there."""
    text = params.get(name, "")
    if not text:
        raise RefusedError(10000, f"{name}参数错误")
    return text
