"""DingTalk's group robot (钉钉), signed: 20 messages a minute, and blocked for ten minutes beyond that."""

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
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
from core.runtime.remote_errors import RateLimited, Temporary

HOST: Final = "oapi.dingtalk.com"
_PATH: Final = "/robot/send"
#: the document gives no number for `text`; a message larger than 20,000 bytes is refused, far less is read
_MOST_BYTES: Final = 8000
_MEANINGS: Final[Mapping[int, Meaning]] = {
    -1: (Temporary, 0.0),
    130101: (RateLimited, 600.0),
    300005: (WayBroken, 0.0),
    # Signature, keyword or address list: none of them is mended by sending again.
    310000: (WayBroken, 0.0),
}


def _check(entered: Mapping[str, str]) -> dict[str, str]:
    token = key_in(entered.get("token", ""), HOST, _PATH, "access_token")
    return {"token": token, "secret": secret_in(entered.get("secret", ""))}


KIND: Final = Kind(
    "dingtalk",
    (AccessField("token", "secret"), AccessField("secret", "secret")),
    Pace(per_minute=18, per_second=5),
    _check,
    secrets=frozenset({"token", "secret"}),
)


def signature(secret: str, timestamp_ms: int) -> str:
    """The signature of a moment, not yet quoted for the address."""
    said = f"{timestamp_ms}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), said, sha256).digest()).decode()


class DingTalk:
    """One robot. People are mentioned by mobile number, or by user id."""

    def __init__(self, access: Mapping[str, str], http: HttpClient, place: Endpoint) -> None:
        self._token = access["token"]
        self._secret = access["secret"]
        self._http = http
        self._place = place

    def send(self, message: Message, to: Sequence[str]) -> None:
        """As `Notifier.send`."""
        send_signed(self._http, self._place, lambda: self._send(message, to))

    def _send(self, message: Message, to: Sequence[str]) -> None:
        mobiles = [one for one in to if one.isdigit() and len(one) == 11]
        users = [one for one in to if one not in mobiles]
        # Only who stands in the text as well is really called.
        called = "".join(f" @{one}" for one in to)
        stamp = milliseconds(self._http.server_now(self._place))
        call = Call(
            name="dingtalk robot",
            method="POST",
            path=_PATH,
            query=[
                ("access_token", self._token),
                ("timestamp", str(stamp)),
                ("sign", signature(self._secret, stamp)),
            ],
            body={
                "msgtype": "text",
                "text": {"content": cut_to_bytes(message.text, _MOST_BYTES - len(called.encode())) + called},
                "at": {"atMobiles": mobiles, "atUserIds": users, "isAtAll": False},
            },
            explain=explain_by("errcode", _MEANINGS),
        )
        check_answer(self._http.call(self._place, call), "errcode", _MEANINGS)


def milliseconds(at: datetime) -> int:
    """A moment as the platform counts it."""
    return int(at.timestamp() * 1000)
