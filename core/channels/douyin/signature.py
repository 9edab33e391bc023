"""Douyin's signatures, and the one text of a call's parameters that is both signed and sent."""

import hashlib
import hmac
import json
from collections.abc import Mapping


def param_json(params: Mapping[str, object]) -> str:
    """The parameters as text: names sorted at every level, nothing escaped that need not be, no blanks.

    Half characters, which no text on the wire can hold, become question marks.

    Raises:
        ValueError: something in it is no number, text, truth, list or object; fractions have no agreed form.
    """
    _check(params)
    text = json.dumps(params, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode(errors="replace").decode()


def _check(value: object) -> None:
    if isinstance(value, float):
        raise ValueError("a fraction has no agreed form in param_json")  # noqa: TRY004  the caller's mistake
    if isinstance(value, Mapping):
        for part in value.values():
            _check(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            _check(part)


def signature_of(secret: str, app_key: str, method: str, params: str, timestamp: str) -> str:
    """The `sign` of a call with `sign_method=hmac-sha256`. The token is not part of it."""
    told = f"app_key{app_key}method{method}param_json{params}timestamp{timestamp}v2"
    return hmac.new(secret.encode(), f"{secret}{told}{secret}".encode(), hashlib.sha256).hexdigest()


def push_signature_of(app_key: str, secret: str, body: bytes) -> str:
    """The `event-sign` header of a message that Douyin sends to us."""
    told = app_key.encode() + body + secret.encode()
    return hashlib.md5(told).hexdigest()  # noqa: S324  the platform's own choice


def is_genuine_push(app_key: str, secret: str, body: bytes, told: str) -> bool:
    """Whether `told` is the signature of a message, compared in a time that says nothing about the right one."""
    return hmac.compare_digest(push_signature_of(app_key, secret, body).encode(), told.encode(errors="replace"))
