"""The access tokens of the simulated WeChat shop: one at a time, handed out with the life that is left."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.simulators.platforms.server import Answer, Call, json_answer
from tests.simulators.platforms.wechat_facts import FORCED_A_DAY, FORCED_APART_S, HANDOVER_S, TOKEN_LIFE_S
from tests.simulators.platforms.wechat_wire import SaysNoError, body_of


class Tokens:
    """`/cgi-bin/stable_token`, and which tokens open the door."""

    def __init__(self, appid: str, secret: str, now: Callable[[], datetime]) -> None:
        self._appid = appid
        self._secret = secret
        self._now = now
        self._made = 0
        #: token -> until when it opens
        self._ends: dict[str, datetime] = {}
        self._current = ""
        #: the end that is told of the current one
        self._told_end = now()
        self._forced: list[datetime] = []

    def answer(self, call: Call) -> Answer:
        """The token that is valid, or a new one."""
        body = body_of(call, "grant_type", "appid", "secret", "force_refresh")
        self._check(body)
        if body.get("force_refresh", False):
            self._force()
        elif (self._told_end - self._now()).total_seconds() <= HANDOVER_S:
            # near its end there is a new one, and the old one goes on till then
            self._make()
        left = int((self._told_end - self._now()).total_seconds())
        return json_answer({"access_token": self._current, "expires_in": left})

    def check(self, token: str) -> None:
        """Let a call in.

        Raises:
            SaysNoError: 41001 none, 40001 unknown or replaced, 42001 over.
        """
        if not token:
            raise SaysNoError(41001)
        end = self._ends.get(token)
        if end is None:
            raise SaysNoError(40001)
        if end <= self._now():
            raise SaysNoError(42001)

    def kill(self) -> None:
        """Somebody else forced a new one: what was handed out so far is dead."""
        self._ends.clear()
        self._told_end = self._now()

    def _check(self, body: dict[str, Any]) -> None:
        if body.get("grant_type") != "client_credential":
            raise SaysNoError(40002)
        if body.get("appid") != self._appid:
            raise SaysNoError(40013)
        if body.get("secret") != self._secret:
            raise SaysNoError(40125)
        if not isinstance(body.get("force_refresh", False), bool):
            raise SaysNoError(47001)

    def _force(self) -> None:
        now = self._now()
        today = [at for at in self._forced if now - at < timedelta(days=1)]
        if len(today) >= FORCED_A_DAY:
            raise SaysNoError(45009, "force_refresh")
        if today and (now - today[-1]).total_seconds() < FORCED_APART_S and self._current in self._ends:
            # too soon: the same token again
            return
        self._forced = [*today, now]
        self._ends.clear()
        self._make()

    def _make(self) -> None:
        self._made += 1
        now = self._now()
        self._ends = {token: min(end, now + timedelta(seconds=HANDOVER_S)) for token, end in self._ends.items()}
        self._current = f"{90 + self._made}_tok{self._made:04}{'x' * 120}"
        self._told_end = now + timedelta(seconds=TOKEN_LIFE_S)
        self._ends[self._current] = self._told_end
