"""JD's two signatures: of `routerjson`, and of the SP-API that is to follow it."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from core.channels.fields import CHINA


def router_sign(params: Mapping[str, str], secret: str) -> str:
    """The `sign` of a call to `routerjson`: names in the order of their characters, blank values left out."""
    return _signed(params, secret)


def sp_sign(
    headers: Mapping[str, str],
    secret: str,
    *,
    query: Mapping[str, str] | None = None,
    path: Mapping[str, str] | None = None,
    body: str = "",
) -> str:
    """The `X-JOS-Sign` of a call to SP-API.

    Args:
        headers: those that begin with `X-JOS-`; the identity is never signed.
        secret: of the app.
        query: parameters of the query.
        path: parameters that stand in the path, by name.
        body: the JSON as it is sent; sources disagree on how a body is signed, so only reading is proven.
    """
    signed = {name: value for name, value in headers.items() if name not in _UNSIGNED}
    signed.update(query or {})
    signed.update(path or {})
    if body not in ("", "{}"):
        signed["body"] = body
    return _signed(signed, secret)


def timestamp_text(at: datetime) -> str:
    """A moment as `routerjson` takes it without having to guess the zone."""
    local = at.astimezone(CHINA)
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d}+0800"


_UNSIGNED = frozenset({"X-JOS-Request-Identity", "X-JOS-Sign"})


def _signed(params: Mapping[str, str], secret: str) -> str:
    text = "".join(f"{name}{params[name]}" for name in sorted(params) if name != "sign" and params[name])
    # JD's document prescribes MD5
    return hashlib.md5(f"{secret}{text}{secret}".encode(), usedforsecurity=False).hexdigest().upper()
