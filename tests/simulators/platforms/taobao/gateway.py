"""How the gateway is spoken to: parameters, signature, time, session, and the shape of its answers."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
_SKEW = timedelta(minutes=10)


class TopError(Exception):
    """The gateway says no."""

    def __init__(self, code: int, msg: str, sub_code: str = "", sub_msg: str = "") -> None:
        super().__init__(f"{code} {sub_code}")
        self.code, self.msg, self.sub_code, self.sub_msg = code, msg, sub_code, sub_msg

    def body(self, request_id: str) -> dict[str, object]:
        """As the gateway writes it: blank parts are left out."""
        inner: dict[str, object] = {"code": self.code, "msg": self.msg}
        if self.sub_code:
            inner["sub_code"] = self.sub_code
        if self.sub_msg:
            inner["sub_msg"] = self.sub_msg
        return {"error_response": {**inner, "request_id": request_id}}


def missing(name: str) -> TopError:
    """A mandatory argument is not there."""
    return TopError(40, "Missing Required Arguments", f"isv.missing-parameter:{name}", f"缺少必要的参数{name}")


def invalid(name: str, why: str = "") -> TopError:
    """An argument cannot be used."""
    return TopError(41, "Invalid Arguments", f"isv.invalid-parameter:{name}", why or f"参数{name}无效")


def business(sub_code: str, sub_msg: str = "") -> TopError:
    """What the service behind the gateway says."""
    return TopError(15, "Remote service error", sub_code, sub_msg)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list as the gateway wraps it: `{field: {element: [...]}}`; without rows it is left out."""

    element: str
    rows: Sequence[object]


class Params:
    """The parameters of one call."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self.all = dict(pairs)

    def get(self, name: str) -> str:
        """Text, blank where it is not there."""
        return self.all.get(name, "")

    def need(self, name: str) -> str:
        """Text that has to be there."""
        if not self.get(name):
            raise missing(name)
        return self.all[name]

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number."""
        text = self.get(name)
        if not text:
            return default
        if not text.lstrip("-").isdigit() or not least <= int(text) <= most:
            raise invalid(name)
        return int(text)

    def number(self, name: str) -> str:
        """A 64-bit number that has to be there, as text."""
        text = self.need(name)
        if not (text.isascii() and text.isdigit()) or int(text) >= 2**63:
            raise invalid(name)
        return text

    def flag(self, name: str) -> bool:
        """True or false, false where it is not there."""
        text = self.get(name) or "false"
        if text not in ("true", "false"):
            raise invalid(name)
        return text == "true"

    def time(self, name: str) -> datetime | None:
        """A moment in Beijing's time; None where it is not there."""
        text = self.get(name)
        return parsed_time(text, name) if text else None

    def json(self, name: str) -> object:
        """A complex argument."""
        try:
            return json.loads(self.need(name))
        except ValueError:
            raise invalid(name) from None

    def words(self, name: str) -> Sequence[str]:
        """A comma list."""
        return [word.strip() for word in self.get(name).split(",") if word.strip()]


def parsed_time(text: str, name: str) -> datetime:
    """A moment as the gateway takes it."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise invalid(name) from None


def time_text(at: datetime) -> str:
    """A moment as the gateway writes it."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def signature_of(params: Mapping[str, str], secret: str, method: str) -> str:
    """What `sign` has to be, by the three methods of the platform's document."""
    names = sorted(name for name, value in params.items() if name != "sign" and name and value)
    text = "".join(f"{name}{params[name]}" for name in names).encode()
    key = secret.encode()
    if method == "md5":
        return hashlib.md5(key + text + key, usedforsecurity=False).hexdigest().upper()
    if method == "hmac":
        return hmac.new(key, text, "md5").hexdigest().upper()
    return hmac.new(key, text, "sha256").hexdigest().upper()


def check_call(params: Params, app_key: str, secret: str, now: datetime) -> None:
    """Whether this is a call of the app, made now. `now` is the gateway's clock."""
    if not params.get("method"):
        raise TopError(21, "Missing Method")
    if not params.get("app_key"):
        raise TopError(28, "Missing App Key")
    if params.get("app_key") != app_key:
        raise TopError(29, "Invalid app Key", "isv.appkey-not-exists")
    if not params.get("timestamp"):
        raise TopError(30, "Missing Timestamp")
    _check_time(params.get("timestamp"), now)
    if not params.get("v"):
        raise TopError(32, "Missing Version")
    if params.get("v") != "2.0":
        raise TopError(34, "Unsupported Version")
    if not params.get("sign"):
        raise TopError(24, "Missing Signature")
    method = params.get("sign_method")
    if method not in ("md5", "hmac", "hmac-sha256"):
        raise TopError(25, "Invalid signature")
    if any(not value for value in params.all.values()) or params.get("sign") != signature_of(
        params.all, secret, method
    ):
        raise TopError(25, "Invalid signature")


def _check_time(text: str, now: datetime) -> None:
    try:
        told = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise TopError(31, "Invalid Timestamp") from None
    if abs(told - now) > _SKEW:
        raise TopError(31, "Invalid Timestamp")


def root_name(method: str) -> str:
    """The name of the answer of a method."""
    return method.removeprefix("taobao.").replace(".", "_") + "_response"


def plain(value: object, *, simplify: bool) -> object:
    """An answer as JSON: lists wrapped, or not where the caller wants it simple."""
    if isinstance(value, Listed):
        rows = [plain(row, simplify=simplify) for row in value.rows]
        return rows if simplify else {value.element: rows}
    if isinstance(value, dict):
        return {
            name: plain(inner, simplify=simplify)
            for name, inner in value.items()
            if inner is not None and not (isinstance(inner, Listed) and not inner.rows)
        }
    return value


def picked(row: Mapping[str, object], fields: Sequence[str]) -> dict[str, object]:
    """The asked fields of a row: `orders` is all of it, `orders.oid` one field of each."""
    found: dict[str, object] = {name: row[name] for name in fields if name in row}
    inner: dict[str, list[str]] = {}
    for name in fields:
        outer, dot, part = name.partition(".")
        if dot and outer not in found:
            inner.setdefault(outer, []).append(part)
    for outer, parts in inner.items():
        value = row.get(outer)
        if isinstance(value, Listed):
            found[outer] = Listed(value.element, [picked(one, parts) for one in value.rows if isinstance(one, dict)])
    return found
