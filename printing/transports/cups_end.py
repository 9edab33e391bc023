"""How a job of CUPS ended, asked over IPP: `lpstat` lists cancelled and finished ones in the same words."""

import http.client
import os
import socket
import struct
from pathlib import Path
from typing import Final

#: job-state of RFC 8011
CANCELLED, ABORTED, COMPLETED = 7, 8, 9

_SOCKETS = ("/run/cups/cups.sock", "/var/run/cups/cups.sock", "/private/var/run/cupsd")
_GET_JOB_ATTRIBUTES: Final = 0x0009
_OPERATION, _END = b"\x01", b"\x03"
_CHARSET, _LANGUAGE, _URI, _NAME, _KEYWORD = 0x47, 0x48, 0x45, 0x42, 0x44
_STATE = b"\x23" + struct.pack(">H", 9) + b"job-state" + struct.pack(">H", 4)


class _OverSocket(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def job_state(job_id: int, timeout_s: float = 5.0) -> int | None:
    """The job's state as a number of RFC 8011; None where the server does not tell."""
    connection = _connection(timeout_s)
    try:
        headers = {"Content-Type": "application/ipp", "Host": "localhost"}
        connection.request("POST", "/", _request(job_id), headers)
        body = connection.getresponse().read(65_536)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    _, found, rest = body.partition(_STATE)
    return int(struct.unpack(">I", rest[:4])[0]) if found and len(rest) >= 4 else None


def _connection(timeout_s: float) -> http.client.HTTPConnection:
    """To the server that CUPS' own programs use: a socket's path, or host and port."""
    server = os.environ.get("CUPS_SERVER", "") or next(
        (path for path in _SOCKETS if Path(path).exists()), "localhost"
    )
    if server.startswith("/"):
        return _OverSocket(server, timeout_s)
    host, _, port = server.partition(":")
    return http.client.HTTPConnection(host, int(port) if port.isdigit() else 631, timeout=timeout_s)


def _request(job_id: int) -> bytes:
    attributes = [
        (_CHARSET, "attributes-charset", "utf-8"),
        (_LANGUAGE, "attributes-natural-language", "en"),
        (_URI, "job-uri", f"ipp://localhost/jobs/{job_id}"),
        (_NAME, "requesting-user-name", "packdesk"),
        (_KEYWORD, "requested-attributes", "job-state"),
    ]
    head = struct.pack(">BBHI", 2, 0, _GET_JOB_ATTRIBUTES, 1)
    return head + _OPERATION + b"".join(_attribute(*one) for one in attributes) + _END


def _attribute(tag: int, name: str, value: str) -> bytes:
    return struct.pack(">BH", tag, len(name)) + name.encode() + struct.pack(">H", len(value)) + value.encode()
