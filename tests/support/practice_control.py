"""A script's hands in the practice shop: its `/practice/v1` over signed HTTP, by no code of the program's client."""

import json
import secrets
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.mall_signing import signed_headers


@dataclass(frozen=True, slots=True)
class PracticeControl:
    """Places, pays, refunds and counts at the practice shop at `url`, whose clock says `now` (seconds since 1970)."""

    url: str
    key: str
    secret: str
    now: Callable[[], float] = time.time

    def get(self, path: str) -> Any:
        """What the shop says under `/practice/v1/` + path."""
        return self._call("GET", path, b"")

    def post(self, path: str, **body: object) -> Any:
        """Do something; raises `urllib.error.HTTPError` where the shop says no."""
        return self._call("POST", path, json.dumps(body).encode())

    def summary(self) -> Mapping[str, int]:
        """The shop's own count."""
        counts: Mapping[str, int] = self.get("summary")
        return counts

    def _call(self, method: str, path: str, body: bytes) -> Any:
        target = f"/practice/v1/{path}"
        nonce = secrets.token_hex(16)
        headers = signed_headers(self.key, self.secret, method, target, int(self.now()), nonce, body)
        request = urllib.request.Request(f"{self.url}{target}", body or None, dict(headers), method=method)  # noqa: S310  a server of our own
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310  the practice shop is http on loopback
            return json.loads(reply.read())
