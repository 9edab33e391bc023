"""How a shop's owner lets us in at JD: a page, a code, a token that can be renewed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from core.channels.fields import Fields
from core.channels.grant_contract import Grant
from core.runtime.http import Call, Endpoint, HttpClient, Reply
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, Rejected, Temporary

LOGIN: Final = "https://open-oauth.jd.com"
_REFUSED: Final = "authorisation_refused"


class JdAuthoriser:
    """JD's pages for one app."""

    def __init__(self, place: Endpoint, http: HttpClient, app_key: str, app_secret: str) -> None:
        self._place = place
        self._http = http
        self._app_key = app_key
        self._app_secret = app_secret

    def page(self, redirect_uri: str, state: str) -> str:
        """The address that the owner opens."""
        asked = {
            "app_key": self._app_key,
            "response_type": "code",
            "redirect_uri": redirect_uri,
            "state": state,
            "scope": "snsapi_base",
        }
        return f"{self._place.base}/oauth2/to_login?{urlencode(asked)}"

    def exchange(self, code: str, redirect_uri: str) -> Grant:  # noqa: ARG002  JD does not ask for it again
        """The grant for a code.

        Raises:
            Rejected: the code is unknown, used or too old.
        """
        form = (("grant_type", "authorization_code"), ("code", code))
        return self._granted("jd.token", "/oauth2/access_token", form, Rejected)

    def refresh(self, secrets: Mapping[str, str]) -> Grant | None:
        """A new grant; the old one is dead then.

        Raises:
            AuthExpired: the owner has to authorise again.
        """
        token = secrets.get("refresh_token", "")
        if not token:
            return None
        form = (("grant_type", "refresh_token"), ("refresh_token", token))
        return self._granted("jd.refresh", "/oauth2/refresh_token", form, AuthExpired)

    def _granted(self, name: str, path: str, form: tuple[tuple[str, str], ...], refusal: type[ChannelError]) -> Grant:
        app = (("app_key", self._app_key), ("app_secret", self._app_secret))
        call = Call(
            name,
            "POST",
            path,
            form=(*app, *form),
            account=self._app_key,
            judge=lambda reply: _refused(reply, refusal),
        )
        reply = self._http.call(self._place, call)
        told = Fields(reply.data, "token")
        life = timedelta(seconds=told.whole_or("expires_in", 0))
        if life <= timedelta():
            raise ContractBroken("JD gave a token without a life", code="token.expires_in")
        secrets = {"access_token": told.text("access_token"), "refresh_token": told.text_or_blank("refresh_token")}
        expires_at = reply.server_time + life
        can_refresh = bool(secrets["refresh_token"])
        return Grant(secrets, expires_at, refresh_until=expires_at if can_refresh else None)


def _refused(reply: Reply, refusal: type[ChannelError]) -> ChannelError | None:
    code = reply.data.get("code", 0)
    if code in (0, "0", "200") and reply.data.get("access_token"):
        return None
    if code in (500, "500"):
        return Temporary("JD's page of authorising is unwell", code=str(code))
    plain = str(code) if isinstance(code, (int, str)) and len(str(code)) < 40 else ""
    return refusal("JD does not accept this authorisation: begin anew", code=plain or _REFUSED)
