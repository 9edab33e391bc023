"""WeCom's group robot (企业微信消息推送): a key in the address and no signature; 20 messages a minute."""

from collections.abc import Mapping, Sequence
from typing import Final

from core.alerts.notifiers.contract import AccessField, Kind, Message, Pace, WayBroken
from core.alerts.notifiers.robots import Meaning, check_answer, cut_to_bytes, explain_by, key_in
from core.runtime.http import Call, Endpoint, HttpClient
from core.runtime.remote_errors import RateLimited, Temporary

HOST: Final = "qyapi.weixin.qq.com"
_PATH: Final = "/cgi-bin/webhook/send"
#: of `text`, in bytes of UTF-8
_MOST_BYTES: Final = 2048
_MEANINGS: Final[Mapping[int, Meaning]] = {
    -1: (Temporary, 0.0),
    93000: (WayBroken, 0.0),
    # A rolling window of a minute.
    45009: (RateLimited, 60.0),
}


def _check(entered: Mapping[str, str]) -> dict[str, str]:
    return {"key": key_in(entered.get("key", ""), HOST, _PATH, "key")}


KIND: Final = Kind(
    "wecom",
    (AccessField("key", "secret"),),
    Pace(per_minute=18, per_second=5),
    _check,
    secrets=frozenset({"key"}),
)


class WeCom:
    """One robot. People are mentioned by user id, or by mobile number where the address is one."""

    def __init__(self, access: Mapping[str, str], http: HttpClient, place: Endpoint) -> None:
        self._key = access["key"]
        self._http = http
        self._place = place

    def send(self, message: Message, to: Sequence[str]) -> None:
        """As `Notifier.send`."""
        text: dict[str, object] = {"content": cut_to_bytes(message.text, _MOST_BYTES)}
        mobiles = [one for one in to if _is_mobile(one)]
        users = [one for one in to if not _is_mobile(one)]
        if users:
            text["mentioned_list"] = users
        if mobiles:
            text["mentioned_mobile_list"] = mobiles
        call = Call(
            name="wecom robot",
            method="POST",
            path=_PATH,
            query=[("key", self._key)],
            body={"msgtype": "text", "text": text},
            explain=explain_by("errcode", _MEANINGS),
        )
        check_answer(self._http.call(self._place, call), "errcode", _MEANINGS)


def _is_mobile(address: str) -> bool:
    return address.isdigit() and len(address) == 11
