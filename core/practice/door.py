"""Who may call: signature, time stamp and nonce, checked before anything else is looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.channels.mall.signature import NONCE_KEEP_S, TOLERANCE_S, Signed, is_genuine
from core.practice.refusal import RefusalError
from core.practice.store import Store
from core.practice.web import Request

_LARGEST_NONCE = 64


@dataclass(frozen=True, slots=True)
class RealmKey:
    """Key and secret of one realm (mall, carrier, control); the secret stays out of every text."""

    key: str
    secret: str

    def __repr__(self) -> str:
        return f"RealmKey({self.key!r})"


class Door:
    """Checks signed requests; nonces are kept in the store, so that a restart does not let one in twice."""

    def __init__(self, store: Store, now: Callable[[], datetime], keys: Mapping[str, RealmKey]) -> None:
        self._store = store
        self._now = now
        self._keys = keys

    def check(self, realm: str, request: Request) -> None:
        """Let a genuine request pass.

        Raises:
            RefusalError: 401 `bad_key`, `bad_signature`, `clock_skew` or `nonce_replayed`.
        """
        headers = request.headers
        key, stamp, nonce, signature = (
            headers.get(name, "") for name in ("x-key", "x-timestamp", "x-nonce", "x-signature")
        )
        if key != self._keys[realm].key:
            raise RefusalError(401, "bad_key", "unknown key")
        signed = Signed(request.method, request.target, stamp, nonce, request.body)
        if not is_genuine(self._keys[realm].secret, signed, signature):
            raise RefusalError(401, "bad_signature", "the signature does not fit")
        now_s = int(self._now().timestamp())
        if not (stamp.isascii() and stamp.isdigit()) or abs(int(stamp) - now_s) > TOLERANCE_S:
            raise RefusalError(401, "clock_skew", f"X-Timestamp is more than {TOLERANCE_S} s off")
        if not 8 <= len(nonce) <= _LARGEST_NONCE:
            raise RefusalError(401, "nonce_replayed", "a nonce has 8 to 64 characters")
        with self._store.write():
            self._store.run("DELETE FROM nonce WHERE seen_s < ?", now_s - NONCE_KEEP_S)
            is_new = self._store.run(
                "INSERT OR IGNORE INTO nonce (realm, nonce, seen_s) VALUES (?, ?, ?)", realm, nonce, now_s
            )
        if not is_new:
            raise RefusalError(401, "nonce_replayed", "this nonce was used before")
