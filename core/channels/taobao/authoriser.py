"""How a seller lets an app in: the platform's page, its code, and the token with its several lives."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import unquote, urlencode

from core.channels.fields import Fields
from core.channels.grant_contract import Grant
from core.channels.shop_contract import ShopIdentity
from core.runtime.clock import Clock
from core.runtime.http import Call, Endpoint, ErrorReply, HttpClient, Reply, plain_error
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, Rejected

#: the host of the pages; the shop's setting may name another
PAGES: Final = "https://oauth.taobao.com"

#: each kind of permission has a life of its own: plain reading and writing, and what is sensitive
_LIVES: Final = ("expires_in", "r2_expires_in", "w2_expires_in")
#: what the pages say where an app's tokens cannot be renewed
_NOT_RENEWED: Final = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type"})
#: what they say where it is the app that is wrong
_APP: Final = ("client_id", "client_secret")
_LONGEST_LIFE_S: Final = 10 * 366 * 86_400


@dataclass(frozen=True, slots=True)
class TaobaoAuthoriser:
    """The pages for one app; the secret stays out of every text."""

    place: Endpoint
    http: HttpClient
    clock: Clock
    app_key: str
    app_secret: str

    def __repr__(self) -> str:
        return f"TaobaoAuthoriser({self.app_key!r})"

    def page(self, redirect_uri: str, state: str) -> str:
        """The address the seller opens; `redirect_uri` must equal the one registered for the app."""
        asked = {
            "response_type": "code",
            "client_id": self.app_key,
            "redirect_uri": redirect_uri,
            "state": state,
            "view": "web",
        }
        return f"{self.place.base}/authorize?{urlencode(asked)}"

    def exchange(self, code: str, redirect_uri: str) -> Grant:
        """The grant for a code, which lives for half an hour and is good once."""
        asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self._grant(self._ask("oauth.exchange", asked))

    def refresh(self, secrets: Mapping[str, str]) -> Grant | None:
        """A new grant; only apps of the service market get one, those of a merchant's own do not."""
        token = secrets.get("refresh_token", "")
        if not token:
            return None
        try:
            return self._grant(self._ask("oauth.refresh", {"grant_type": "refresh_token", "refresh_token": token}))
        except Rejected as error:
            if error.code in _NOT_RENEWED:
                return None
            raise AuthExpired("Taobao does not renew this authorisation any more", code=error.code) from None

    def _ask(self, name: str, asked: Mapping[str, str]) -> Reply:
        form = {**asked, "client_id": self.app_key, "client_secret": self.app_secret}
        # a code is used up by the first call that arrives: a repeat would be refused for that
        call = Call(name, "POST", "/token", form=tuple(form.items()), explain=_explain, judge=_judge)
        return self.http.call(self.place, call)

    def _grant(self, reply: Reply) -> Grant:
        answer = Fields(reply.data, "token")
        lives = [answer.whole_or(name, 0) for name in _LIVES]
        # 0 is a kind of permission that the app does not have
        told = [life for life in lives if 0 < life <= _LONGEST_LIFE_S]
        if not told:
            raise answer.broken("expires_in")
        renewable = answer.whole_or("re_expires_in", 0)
        now = self.clock.now()
        # an app that cannot renew is given such a token too, for no time at all
        refresh_token = answer.text_or_blank("refresh_token") if renewable > 0 else ""
        secrets = {"session": answer.text("access_token"), "refresh_token": refresh_token}
        return Grant(
            secrets=secrets,
            expires_at=now + timedelta(seconds=min(told)),
            refresh_until=now + timedelta(seconds=renewable) if 0 < renewable <= _LONGEST_LIFE_S else None,
            shop=_shop_of(answer),
        )


def _shop_of(answer: Fields) -> ShopIdentity | None:
    number = answer.id_or_blank("taobao_user_id")
    return ShopIdentity(number, unquote(answer.text_or_blank("taobao_user_nick"))) if number else None


def _judge(reply: Reply) -> ChannelError | None:
    return _refusal(reply.data)


def _explain(reply: ErrorReply) -> ChannelError:
    if reply.status < 500 and reply.problem is not None:
        return _refusal(reply.problem) or plain_error(reply)
    return plain_error(reply)


def _refusal(data: Mapping[str, object]) -> ChannelError | None:
    error = data.get("error")
    if error is None:
        return None
    if not isinstance(error, str):
        return ContractBroken("Taobao refused in a way nobody understands", code="error")
    code = error if error.isascii() and error.replace("_", "").replace("-", "").replace(".", "").isalnum() else ""
    if any(word in str(data.get("error_description", "")) for word in _APP):
        return AuthExpired("Taobao does not accept the app's key and secret", code=code)
    return Rejected("Taobao does not take this code; the owner begins anew", code=code[:64])
