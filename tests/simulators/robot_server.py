"""The group robots of three platforms, over real HTTP: formats, signatures, time windows, limits and numbers.

Written from the platforms' documents, not from our code: it computes signatures in its own way, counts by its own
clock, keeps what it was told, and answers business errors with status 200 as the platforms do.
"""

import base64
import hashlib
import hmac
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit


@dataclass
class Robot:
    """One robot. `secret` is empty where nothing is signed."""

    kind: str
    token: str
    secret: str = ""
    #: messages that arrived, as text; and whom each of them called
    got: list[str] = field(default_factory=list)
    called: list[list[str]] = field(default_factory=list)
    #: times at which it took something, and until when it takes nothing
    times: deque[float] = field(default_factory=deque)
    blocked_until: float = 0.0
    is_removed: bool = False
    refusals: list[int] = field(default_factory=list)


class RobotServer:
    """Answers as WeCom, DingTalk and Feishu do; the path tells which of them is spoken to."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` gives the platforms' clock in seconds since 1970."""
        self.now = now
        self.robots: dict[tuple[str, str], Robot] = {}
        #: what goes wrong next, in order: `drop_after` takes the message and cuts the line, `status:503`, `html`
        self.faults: deque[str] = deque()
        self.requests: list[str] = []
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body are two packets: with the algorithm each answer waits 40 ms for the other side.
            disable_nagle_algorithm = True

            def do_POST(self) -> None:  # the library's name
                outer._serve(self)

            def date_time_string(self, timestamp: float | None = None) -> str:
                """The platform's own clock."""
                return formatdate(outer.now() if timestamp is None else timestamp, usegmt=True)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def add(self, kind: str, token: str, secret: str = "") -> Robot:
        """A robot that exists from now on."""
        robot = self.robots[kind, token] = Robot(kind, token, secret)
        return robot

    def stop(self) -> None:
        """Close."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # --- the platforms ------------------------------------------------------------------------------------------

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        raw = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        with self._lock:
            self.requests.append(request.path)
            fault = self.faults.popleft() if self.faults else ""
            if fault.startswith("status:"):
                self._answer(request, int(fault.partition(":")[2]), b"{}")
                return
            if fault == "html":
                self._answer(request, 200, b"<html>portal</html>", "text/html")
                return
            answer = self._platform(request.path, request.headers.get("Content-Type", ""), raw)
        if fault == "drop_after":
            request.close_connection = True
            request.connection.close()
            return
        self._answer(request, 200, json.dumps(answer, ensure_ascii=False).encode())

    def _answer(
        self, request: BaseHTTPRequestHandler, status: int, body: bytes, kind: str = "application/json"
    ) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _platform(self, target: str, content_type: str, raw: bytes) -> dict[str, object]:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=False).items()}
        try:
            body = json.loads(raw.decode("utf-8"))
        except ValueError:
            body = None
        is_json = content_type.startswith("application/json") and isinstance(body, dict)
        if parts.path == "/cgi-bin/webhook/send":
            return self._wecom(query, body if is_json else None)
        if parts.path == "/robot/send":
            return self._dingtalk(query, parts.query, body if is_json else None, len(raw))
        if parts.path.startswith("/open-apis/bot/v2/hook/"):
            return self._feishu(parts.path.rpartition("/")[2], body if is_json else None, len(raw))
        return {"errcode": 404, "errmsg": "no such path"}

    def _wecom(self, query: dict[str, str], body: Any) -> dict[str, object]:
        robot = self.robots.get(("wecom", query.get("key", "")))
        if robot is None or robot.is_removed:
            return {"errcode": 93000, "errmsg": "invalid webhook url, hint: [1], from ip: 203.0.113.9"}
        text = (body or {}).get("text", {}) if (body or {}).get("msgtype") == "text" else {}
        content = text.get("content") if isinstance(text, dict) else None
        if not isinstance(content, str) or not content or len(content.encode()) > 2048:
            return self._refuse(robot, "errcode", 40058)
        if self._is_too_often(robot, 20):
            return self._refuse(robot, "errcode", 45009)
        self._take(robot, content, [*text.get("mentioned_list", []), *text.get("mentioned_mobile_list", [])])
        return {"errcode": 0, "errmsg": "ok"}

    def _dingtalk(self, query: dict[str, str], raw_query: str, body: Any, size: int) -> dict[str, object]:
        robot = self.robots.get(("dingtalk", query.get("access_token", "")))
        if robot is None or robot.is_removed:
            return {"errcode": 300005, "errmsg": "token is not exist"}
        # As it stands on the wire: a "+" that was not quoted means a space and breaks the signature.
        signs = [unquote_plus(piece[5:]) for piece in raw_query.split("&") if piece.startswith("sign=")]
        stamp = query.get("timestamp", "")
        if not stamp.isdigit() or abs(self.now() - int(stamp) / 1000) > 3600:
            return self._refuse(robot, "errcode", 310000)
        digest = hmac.HMAC(robot.secret.encode(), digestmod=hashlib.sha256)
        digest.update(stamp.encode() + b"\n" + robot.secret.encode())
        if signs != [base64.standard_b64encode(digest.digest()).decode()]:
            return self._refuse(robot, "errcode", 310000)
        text = (body or {}).get("text", {}) if (body or {}).get("msgtype") == "text" else {}
        content = text.get("content") if isinstance(text, dict) else None
        if not isinstance(content, str) or not content or size > 20_000:
            return self._refuse(robot, "errcode", 400001)
        if self.now() < robot.blocked_until:
            return self._refuse(robot, "errcode", 130101)
        if self._is_too_often(robot, 20):
            robot.blocked_until = self.now() + 600
            return self._refuse(robot, "errcode", 130101)
        at = body.get("at", {})
        self._take(robot, content, [*at.get("atMobiles", []), *at.get("atUserIds", [])])
        return {"errcode": 0, "errmsg": "ok"}

    def _feishu(self, token: str, body: Any, size: int) -> dict[str, object]:
        robot = self.robots.get(("feishu", token))
        if robot is None or robot.is_removed:
            return {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}
        if body is None or size > 20 * 1024 or body.get("msg_type") != "text":
            return self._refuse(robot, "code", 9499)
        stamp = body.get("timestamp")
        if not isinstance(stamp, str) or not stamp.isdigit() or abs(self.now() - int(stamp)) > 3600:
            return self._refuse(robot, "code", 19021)
        digest = hmac.HMAC(f"{stamp}\n{robot.secret}".encode(), digestmod=hashlib.sha256).digest()
        if body.get("sign") != base64.standard_b64encode(digest).decode():
            return self._refuse(robot, "code", 19021)
        content = body.get("content", {}).get("text")
        if not isinstance(content, str) or not content:
            return self._refuse(robot, "code", 9499)
        if self._is_too_often(robot, 100):
            return self._refuse(robot, "code", 11232)
        self._take(robot, content, [])
        return {"code": 0, "msg": "success", "data": {}}

    def _is_too_often(self, robot: Robot, most: int) -> bool:
        while robot.times and robot.times[0] <= self.now() - 60:
            robot.times.popleft()
        return len(robot.times) >= most

    def _take(self, robot: Robot, content: str, called: list[str]) -> None:
        robot.times.append(self.now())
        robot.got.append(content)
        robot.called.append(called)

    @staticmethod
    def _refuse(robot: Robot, field_name: str, code: int) -> dict[str, object]:
        robot.refusals.append(code)
        return {field_name: code, "errmsg" if field_name == "errcode" else "msg": "no, from ip: 203.0.113.9"}
