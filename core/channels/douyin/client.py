"""Calls to Douyin's open platform: signed anew for each attempt, refusals as errors, the answer's data as it came."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from core.channels.douyin.errors import CLOCK_SKEW, error_of, is_token_refused, refusal_of
from core.channels.douyin.signature import param_json, signature_of
from core.runtime.http import Call, Endpoint, HttpClient, Reply
from core.runtime.remote_errors import AuthExpired, Rejected

BASE_URL: Final = "https://openapi-fxg.jinritemai.com"
#: without it business errors come in an older shape
_HEADERS: Final = {"x-open-no-old-err-code": "1"}


@dataclass(frozen=True, slots=True)
class DouyinApp:
    """Key and secret of an app; the secret stays out of every text."""

    key: str
    secret: str

    def __repr__(self) -> str:
        return f"DouyinApp({self.key!r})"


@dataclass(frozen=True, slots=True)
class Answer:
    """The `data` of a good answer, and the platform's clock; `told_at` is None where the clock is a guess of ours."""

    data: object
    server_time: datetime
    told_at: datetime | None


class Tokens(Protocol):
    """Where a shop's token comes from."""

    def current(self) -> str:
        """The token to be used now."""
        ...

    def renewed(self, refused: str) -> str:
        """Another one, after this one was refused; "" where there is none."""
        ...


class DouyinClient:
    """One app's calls for one shop."""

    def __init__(self, place: Endpoint, http: HttpClient, app: DouyinApp, tokens: Tokens | None) -> None:
        """`tokens` None makes the calls that obtain a token, and no others."""
        self._place = place
        self._http = http
        self._app = app
        self._tokens = tokens

    def ask(self, path: str, params: Mapping[str, object], meanings: Mapping[str, str] | None = None) -> Answer:
        """The answer to a question; asked again where that may help.

        Raises:
            ChannelError: one of the five kinds.
        """
        return self._call(path, params, meanings, may_repeat=True)

    def tell(self, path: str, params: Mapping[str, object], meanings: Mapping[str, str] | None = None) -> Answer:
        """The answer to a write, which is sent once: after `Temporary` nobody knows whether it was done.

        Raises:
            ChannelError: one of the five kinds.
        """
        return self._call(path, params, meanings, may_repeat=False)

    def tell_keyed(
        self, path: str, params: Mapping[str, object], meanings: Mapping[str, str] | None = None
    ) -> Answer:
        """As `tell`, for writes with a key of ours in `params`: the platform does a repeat only once.

        Raises:
            ChannelError: one of the five kinds.
        """
        return self._call(path, params, meanings, may_repeat=True)

    def _call(
        self, path: str, params: Mapping[str, object], meanings: Mapping[str, str] | None, *, may_repeat: bool
    ) -> Answer:
        text = param_json(params)
        method = path.strip("/").replace("/", ".")

        def sent(token: str) -> Answer:
            call = Call(
                f"douyin.{method}",
                "POST",
                path,
                headers=_HEADERS,
                text=text,
                is_read=may_repeat,
                account=f"{self._app.key} {method}",
                explain=error_of,
                renew=lambda call, now: replace(call, query=self._query(method, text, token, now)),
                judge=lambda reply: refusal_of(reply.data, meanings),
            )
            return _answer_of(self._sent(call))

        return sent("") if self._tokens is None else self._with_token(self._tokens, sent)

    @staticmethod
    def _with_token(tokens: Tokens, sent: Callable[[str], Answer]) -> Answer:
        """A call whose token was refused was not processed: with another one it may be sent again, writes too."""
        token = tokens.current()
        try:
            return sent(token)
        except AuthExpired as error:
            other = tokens.renewed(token) if is_token_refused(error) else ""
            if not other:
                raise
        return sent(other)

    def _sent(self, call: Call) -> Reply:
        try:
            return self._http.call(self._place, call)
        except Rejected as error:
            if error.code != CLOCK_SKEW:
                raise
        # refused unprocessed, and that answer's Date header has told us the platform's clock
        return self._http.call(self._place, call)

    def _query(self, method: str, text: str, token: str, server_now: datetime) -> Sequence[tuple[str, str]]:
        timestamp = str(int(server_now.timestamp()))
        query = [("app_key", self._app.key), ("method", method)]
        if token:
            query.append(("access_token", token))
        sign = signature_of(self._app.secret, self._app.key, method, text, timestamp)
        # without sign_method the platform expects another signature
        return (*query, ("timestamp", timestamp), ("v", "2"), ("sign", sign), ("sign_method", "hmac-sha256"))


def _answer_of(reply: Reply) -> Answer:
    return Answer(reply.data.get("data"), reply.server_time, reply.told_at)
