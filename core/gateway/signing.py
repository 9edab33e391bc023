"""Who calls: key, signature, time stamp, in this order; the nonce is used up with the call's own transaction."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from core.channels.mall.signature import TOLERANCE_S, Signed, is_genuine
from core.gateway.calls import Call
from core.gateway.keys import KeyRecord
from core.gateway.problems import Problem

_NONCE: Final = re.compile(r"[A-Za-z0-9._~-]{8,64}")
_STAMP: Final = re.compile(r"[0-9]{1,12}")


def caller_of(call: Call, find: Callable[[str], KeyRecord | None], now: datetime) -> KeyRecord:
    """The key that signed the call.

    Raises:
        Problem: `bad_key`, `bad_signature`, `clock_skew`, `nonce_replayed` (it is no nonce); of a known key it names
            the shop.
    """
    key = call.headers.get("x-key", "")
    known = find(key) if key else None
    if known is None:
        raise Problem("bad_key")
    try:
        _check(call, known, now)
    except Problem as problem:
        problem.shop_id = known.shop_id
        raise
    return known


def _check(call: Call, known: KeyRecord, now: datetime) -> None:
    stamp, nonce, signature = (call.headers.get(name, "") for name in ("x-timestamp", "x-nonce", "x-signature"))
    if not is_genuine(known.secret, Signed(call.method, call.target, stamp, nonce, call.body), signature):
        raise Problem("bad_signature")
    if _STAMP.fullmatch(stamp) is None or abs(int(stamp) - int(now.timestamp())) > TOLERANCE_S:
        raise Problem("clock_skew")
    if _NONCE.fullmatch(nonce) is None:
        raise Problem("nonce_replayed")
