"""Where the owner of a shop lets an app in: the page, the code, the token."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

from tests.simulators.platforms.taobao.desk import Desk, Session
from tests.simulators.platforms.taobao.gateway import Params, TopError, business, invalid

_CODE_LIFE = timedelta(minutes=30)


class OauthError(Exception):
    """The token page says no."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


@dataclass(slots=True)
class Grants:
    """Codes and refresh tokens that were given out."""

    desk: Desk
    life: timedelta = timedelta(days=365)
    #: the life of reading sensitive data, often shorter than the token's own
    sensitive_life: timedelta = timedelta(days=300)
    codes: dict[str, datetime] = field(default_factory=dict)
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    _made: int = 0

    def check_page(self, asked: Mapping[str, str]) -> None:
        """Whether the owner may be asked."""
        if asked.get("response_type") != "code" or asked.get("client_id") != self.desk.app.key:
            raise OauthError("invalid_client", "client_id is invalidate")
        if _place(asked.get("redirect_uri", "")) != _place(self.desk.app.redirect_uri):
            raise OauthError("invalid_request", "redirect_uri is invalidate")

    def agree(self, asked: Mapping[str, str]) -> str:
        """The owner says yes: where the browser is sent."""
        self.check_page(asked)
        code = self._new("code")
        self.codes[code] = self.desk.now()
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked.get('state', '')})}"

    def token(self, asked: Mapping[str, str]) -> dict[str, object]:
        """`/token`: a code or a refresh token for a token."""
        if asked.get("client_id") != self.desk.app.key:
            raise OauthError("invalid_client", "client_id is invalidate")
        if asked.get("client_secret") != self.desk.app.secret:
            raise OauthError("invalid_client", "client_secret is invalidate")
        if asked.get("grant_type") == "refresh_token":
            return self.refreshed(asked.get("refresh_token", ""))
        if asked.get("grant_type") != "authorization_code":
            raise OauthError("unsupported_grant_type", "grant_type is invalidate")
        if _place(asked.get("redirect_uri", "")) != _place(self.desk.app.redirect_uri):
            raise OauthError("invalid_request", "redirect_uri is invalidate")
        return self.exchanged(asked.get("code", ""))

    def exchanged(self, code: str) -> dict[str, object]:
        """A token for a code, once and within 30 minutes."""
        made_at = self.codes.pop(code, None)
        if made_at is None or self.desk.now() - made_at > _CODE_LIFE:
            raise OauthError("invalid_grant", "authorize code expire")
        return self._grant()

    def refreshed(self, refresh_token: str) -> dict[str, object]:
        """A new token; the old refresh token is dead then."""
        if not self.desk.app.can_refresh:
            raise OauthError("invalid_client", "app can not refresh token")
        old = self.refresh_tokens.pop(refresh_token, None)
        if old is None:
            raise OauthError("invalid_grant", "refresh_token is invalidate")
        self.desk.sessions.pop(old, None)
        return self._grant()

    def session(self, life: timedelta | None = None) -> str:
        """A token straight from the owner's page."""
        token = f"6100{self._new('session')}"
        self.desk.sessions[token] = Session(token, self.desk.now() + (life or self.life))
        return token

    def _grant(self) -> dict[str, object]:
        token, refresh_token = self.session(), f"6101{self._new('refresh')}"
        self.refresh_tokens[refresh_token] = token
        life, sensitive = int(self.life.total_seconds()), int(self.sensitive_life.total_seconds())
        seller = self.desk.seller
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": life,
            "refresh_token": refresh_token,
            "re_expires_in": life if self.desk.app.can_refresh else 0,
            "r1_expires_in": life,
            "r2_expires_in": sensitive,
            "w1_expires_in": life,
            "w2_expires_in": sensitive,
            "taobao_user_id": str(seller.user_id),
            "taobao_user_nick": quote(seller.nick, safe=""),
        }

    def _new(self, kind: str) -> str:
        self._made += 1
        text = f"{kind}{self._made}{self.desk.seller.user_id}{self.desk.app.secret}"
        return f"{kind}{self._made:04d}{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def _place(uri: str) -> tuple[str, str, str]:
    parts = urlsplit(uri)
    return parts.scheme, parts.netloc, parts.path


def create(grants: Grants) -> Callable[[Desk, Params], dict[str, object]]:
    """`taobao.top.auth.token.create`."""

    def call(desk: Desk, params: Params) -> dict[str, object]:
        try:
            return {"token_result": json.dumps(grants.exchanged(params.need("code")), ensure_ascii=False)}
        except OauthError as error:
            raise invalid("code", error.description) from None

    return call


def refresh(grants: Grants) -> Callable[[Desk, Params], dict[str, object]]:
    """`taobao.top.auth.token.refresh`."""

    def call(desk: Desk, params: Params) -> dict[str, object]:
        try:
            return {"token_result": json.dumps(grants.refreshed(params.need("refresh_token")), ensure_ascii=False)}
        except OauthError as error:
            raise business("isv.refresh-not-allowed", error.description) from None

    return call


def check_session(desk: Desk, token: str) -> None:
    """Whether this token opens the shop now."""
    if not token:
        raise TopError(26, "Missing session")
    found = desk.sessions.get(token)
    if found is None or found.is_revoked:
        raise TopError(27, "Invalid session", "invalid-sessionkey", "SessionKey非法")
    if desk.now() >= found.expires_at:
        raise TopError(27, "Invalid session", "session-expired", "SessionKey过期")
