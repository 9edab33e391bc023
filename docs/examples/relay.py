"""A relay for a shop's platform: takes calls under a secret word and passes them on unchanged, from its own address.

It needs nothing but Python 3.10. See docs/relay.md. It is no open proxy: whatever comes goes to one platform, and
nothing of a call but its path without the word is ever written down.
"""

import argparse
import hmac
import http.client
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

MOST_BYTES = 16 * 1024 * 1024
TIMEOUT_S = 25
#: headers that are about one connection and not about the call
OWN = {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "upgrade"}
OWN |= {"transfer-encoding", "host", "content-length", "expect"}


class Relay(BaseHTTPRequestHandler):
    """One call: checked, passed on, answered with what the platform said, its Date header included."""

    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT_S
    upstream = urlsplit("")
    word = ""

    def do_GET(self) -> None:
        """Pass on."""
        self._pass_on()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_GET  # noqa: N815  the base class's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing: a call's address holds its signature and the buyer's data."""

    def _pass_on(self) -> None:
        given, _, rest = self.path.lstrip("/").partition("/")
        path = "/" + rest
        if not hmac.compare_digest(given.encode(), self.word.encode()):
            # Not answered as the platform would: the desk must never take this for its word.
            self._refuse(404, "unknown")
            return
        size = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not size.isdigit() or int(size) > MOST_BYTES:
            self._refuse(413, "too large, or of unknown size")
            return
        body = self.rfile.read(int(size))
        try:
            status, headers, answer = self._ask(path, body)
        except (OSError, http.client.HTTPException) as error:
            self._say(path, 502, type(error).__name__)
            self._refuse(502, "the platform cannot be reached")
            return
        self._say(path, status)
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    def _ask(self, path: str, body: bytes) -> "tuple[int, list[tuple[str, str]], bytes]":
        secure = self.upstream.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self.upstream.hostname or "", self.upstream.port, timeout=TIMEOUT_S)
        try:
            connection.putrequest(self.command, self.upstream.path.rstrip("/") + path, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in OWN:
                    connection.putheader(name, value)
            if body or self.command in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES:
                raise http.client.HTTPException("too large")
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in OWN]
            return answer.status, kept, content
        finally:
            connection.close()

    def _refuse(self, status: int, words: str) -> None:
        # What came is not read to its end: the connection is of no use any more.
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Length", str(len(words)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(words.encode())

    def _say(self, path: str, status: int, words: str = "") -> None:
        sys.stdout.write(f"{self.command} {path.partition('?')[0]} {status} {words}\n")
        sys.stdout.flush()


def serve(
    upstream: str,
    word: str,
    port: int,
    host: str = "127.0.0.1",
    cert: str | None = None,
    key: str | None = None,
) -> ThreadingHTTPServer:
    """A relay that listens; `serve_forever` runs it. `cert` and `key` are PEM files; without them it speaks http."""
    parts = urlsplit(upstream)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(word) < 16 or "/" in word:
        raise SystemExit("the platform needs an address, the word at least 16 characters without /")
    handler = type("OneRelay", (Relay,), {"upstream": parts, "word": word})
    server = ThreadingHTTPServer((host, port), handler)
    server.daemon_threads = True
    if cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return server


def main() -> None:
    """Run until it is stopped."""
    parser = argparse.ArgumentParser(description="Pass a shop's calls on to its platform, from this address.")
    parser.add_argument("upstream", help="the platform's address, e.g. https://gw.api.taobao.com")
    parser.add_argument(
        "--word-file", required=True, help="file with the secret word, which is in no list of programs"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    given = parser.parse_args()
    with open(given.word_file, encoding="utf-8") as file:
        word = file.read().strip()
    serve(given.upstream, word, given.port, given.host, given.cert, given.key).serve_forever()


if __name__ == "__main__":
    main()
