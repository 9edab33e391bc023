"""Who may use the simulated Medusa's admin API: users by e-mail and password, and secret keys."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.simulators.platforms.medusa_facts import TOKEN_LIFE_S
from tests.simulators.platforms.medusa_wire import SaysNoError
from tests.simulators.platforms.server import Answer, Call, json_answer

_JWT_SECRET = b"practice-jwt-secret"


class Keys:
    """Users, their tokens, and secret keys."""

    def __init__(self, email: str, password: str, secret_key: str, now: Callable[[], datetime]) -> None:
        self._users = {email: password}
        self.secret_keys = {secret_key}
        self.life_s = TOKEN_LIFE_S
        self._now = now
        self._dead_until = 0
        self._made = 0

    def kill_tokens(self) -> None:
        """Every token so far is dead, as after a change of the server's secret."""
        self._dead_until = self._made

    def answer(self, call: Call) -> Answer:
        """`/auth/user/emailpass` and `/auth/token/refresh`."""
        if call.path == "/auth/token/refresh":
            if self._claims(call) is None:
                return unauthorised()
            return json_answer({"token": self._token()})
        try:
            body = call.json()
        except ValueError:
            body = {}
        email, password = (body.get(name) if isinstance(body, dict) else None for name in ("email", "password"))
        for name, value in (("Password", password), ("Email", email)):
            if not value or not isinstance(value, str):
                raise SaysNoError("unauthorized", f"{name} should be a string")
        if self._users.get(str(email)) != password:
            raise SaysNoError("unauthorized", "Invalid email or password")
        return json_answer({"token": self._token()})

    def refusal(self, call: Call) -> Answer | None:
        """What a caller without rights hears; None for one who has them."""
        kind, _, token = call.headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic" and self._key_of(token) in self.secret_keys:
            return None
        if self._claims(call) is not None:
            return None
        if kind.lower() == "bearer" and token.startswith("sk_"):
            return unauthorised(
                "A secret API key was passed as a Bearer token. Secret API keys must be sent using HTTP Basic"
                " authentication instead (Authorization: Basic <secret-api-key>)."
            )
        return unauthorised()

    @staticmethod
    def _key_of(token: str) -> str:
        """The key itself or in base64, with or without the colon of a user without a password."""
        if not token.startswith("sk_"):
            try:
                token = base64.b64decode(token, validate=True).decode()
            except ValueError:
                return ""
        return token.removesuffix(":")

    def _token(self) -> str:
        self._made += 1
        at = int(self._now().timestamp())
        claims = {
            "actor_id": "user_practice",
            "actor_type": "user",
            "no": self._made,
            "iat": at,
            "exp": at + self.life_s,
        }
        head = _packed({"alg": "HS256", "typ": "JWT"})
        told = f"{head}.{_packed(claims)}"
        return f"{told}.{_signed(told)}"

    def _claims(self, call: Call) -> dict[str, Any] | None:
        kind, _, token = call.headers.get("authorization", "").partition(" ")
        told, _, signature = token.rpartition(".")
        if kind.lower() != "bearer" or not hmac.compare_digest(_signed(told).encode(), signature.encode()):
            return None
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(told.partition(".")[2] + "=="))
        is_alive = claims["exp"] > self._now().timestamp() and claims["no"] > self._dead_until
        return claims if is_alive else None


def unauthorised(message: str = "Unauthorized") -> Answer:
    """What the door says: a message and no type."""
    return json_answer({"message": message}, 401)


def _packed(data: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def _signed(told: str) -> str:
    digest = hmac.new(_JWT_SECRET, told.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
