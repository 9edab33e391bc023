"""Feishu's group robot (飞书), signed in the body: 100 messages a minute, 5 a second, at most 20 KB."""

import base64
import hmac
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from core.alerts.notifiers.contract import AccessField, Kind, Message, Pace, WayBroken
from core.alerts.notifiers.robots import (
    Meaning,
    check_answer,
    cut_to_bytes,
    explain_by,
    key_in,
    secret_in,
    send_signed,
)
from core.runtime.http import Call, Endpoint, HttpClient
from core.runtime.remote_errors import RateLimited, Rejected

HOST: Final = "open.feishu.cn"
_PATH: Final = "/open-apis/bot/v2/hook/"
#: the whole body may have 20 KB, in which each character may be escaped; far less is read
_MOST_BYTES: Final = 8000
_MEANINGS: Final[Mapping[int, Meaning]] = {
    9499: (Rejected, 0.0),
    11232: (RateLimited, 60.0),
    # Signature or time, address list, keyword.
    19021: (WayBroken, 0.0),
    19022: (WayBroken, 0.0),
    19024: (WayBroken, 0.0),
}


def _check(entered: Mapping[str, str]) -> dict[str, str]:
    token = key_in(entered.get("token", ""), HOST, _PATH, "")
    return {"token": token, "secret": secret_in(entered.get("secret", ""))}


KIND: Final = Kind(
    "feishu",
    (AccessField("token", "secret"), AccessField("secret", "secret")),
    Pace(per_minute=90, per_second=4),
    _check,
    secrets=frozenset({"token", "secret"}),
)


def signature(secret: str, timestamp_s: int) -> str:
    """The signature of a moment: the text is the key here, and what is signed is empty."""
    return base64.b64encode(hmac.new(f"{timestamp_s}\n{secret}".encode(), b"", sha256).digest()).decode()


class Feishu:
    """One robot. People are mentioned by open id."""

    def __init__(self, access: Mapping[str, str], http: HttpClient, place: Endpoint) -> None:
        self._token = access["token"]
        self._secret = access["secret"]
        self._http = http
        self._place = place

    def send(self, message: Message, to: Sequence[str]) -> None:
        """As `Notifier.send`."""
        send_signed(self._http, self._place, lambda: self._send(message, to))

    def _send(self, message: Message, to: Sequence[str]) -> None:
        called = "".join(f' <at user_id="{one}"></at>' for one in to if one.replace("_", "").isalnum())
        # Text can call everybody by a tag: whoever writes into a fact must not.
        said = cut_to_bytes(message.text.replace("<", "＜").replace(">", "＞"), _MOST_BYTES)
        stamp = int(self._http.server_now(self._place).timestamp())
        call = Call(
            name="feishu robot",
            method="POST",
            path=f"{_PATH}{self._token}",
            body={
                "timestamp": str(stamp),
                "sign": signature(self._secret, stamp),
                "msg_type": "text",
                "content": {"text": said + called},
            },
            explain=explain_by("code", _MEANINGS),
        )
        check_answer(self._http.call(self._place, call), "code", _MEANINGS)
