"""Calls of the store API: the token in the query, refusals with status 200, and a token that is renewed once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from core.channels.wechat.errors import TokenRefusedError, error_of, refusal
from core.channels.wechat.session import WechatSession
from core.runtime.http import Call, HttpClient, Reply

_INFO = "/channels/ec/basics/info/get"


class WechatClient:
    """One shop. Every call may raise the five errors and nothing else."""

    def __init__(self, session: WechatSession, http: HttpClient) -> None:
        self.session = session
        self._http = http

    def ask(self, path: str, body: Mapping[str, object]) -> Reply:
        """A question; asked again by itself where that may help."""
        return self._call(Call(_name(path), "POST", path, body=body, is_read=True))

    def tell(self, path: str, body: Mapping[str, object]) -> Reply:
        """A change; after `Temporary` and `ContractBroken` nobody knows whether it was made."""
        return self._call(Call(_name(path), "POST", path, body=body))

    def info(self) -> Reply:
        """Whose shop it is; the cheapest call of all."""
        return self._call(Call(_name(_INFO), "GET", _INFO))

    def now(self) -> datetime:
        """The platform's clock, which has spoken at least once."""
        self.session.token()
        if self._http.clock_offset(self.session.place) is None:
            self.info()
        return self._http.server_now(self.session.place)

    def _call(self, call: Call) -> Reply:
        call = replace(call, explain=error_of, judge=refusal, account=self.session.appid)
        token = self.session.token()
        try:
            return self._http.call(self.session.place, _with(call, token))
        except TokenRefusedError:
            # The platform looks at the token before anything else, so that a change was not made.
            return self._http.call(self.session.place, _with(call, self.session.token_after(token)))


def _with(call: Call, token: str) -> Call:
    return replace(call, query=(("access_token", token),))


def _name(path: str) -> str:
    """What stands for a call in the log; paths of this platform hold no numbers."""
    return path.removeprefix("/channels/ec/")
