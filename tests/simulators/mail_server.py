"""A mail server with TLS, a sign-in and a memory: what it is told to refuse it refuses with a real number."""

import base64
import socket
import ssl
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate(folder: Path, host: str, *, days: int = 2) -> Path:
    """A certificate of a name, signed by itself, with its key in one file; `days` below 0 for one that is over."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)  # noqa: TID251 - a certificate is judged by the machine's clock
    begins = now - timedelta(days=max(1, 1 - days))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}-{days}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@dataclass
class Letter:
    """What arrived."""

    sender: str
    receivers: list[str]
    body: str
    was_encrypted: bool


@dataclass
class MailServer:
    """One account. `security`: ssl | starttls | none (offers no encryption at all)."""

    pem: Path
    security: str = "ssl"
    user: str = "shop@example.com"
    password: str = "the password"
    letters: list[Letter] = field(default_factory=list)
    #: sign-ins that came over an open line
    clear_sign_ins: int = 0
    #: answers by command instead of the usual one: {"RCPT": "550 no such user"}
    refuses: dict[str, str] = field(default_factory=dict)

    def start(self) -> "MailServer":
        """Listen on this machine."""
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.pem)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self._is_stopping = False
        self._lines: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def stop(self) -> None:
        """Close."""
        self._is_stopping = True
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while not self._is_stopping:
            try:
                line, _ = self._socket.accept()
            except TimeoutError:
                continue
            line.settimeout(5.0)
            with suppress(OSError, ssl.SSLError):
                if self.security == "ssl":
                    line = self._tls.wrap_socket(line, server_side=True)
                self._talk(line)
            with suppress(OSError):
                line.close()

    def _talk(self, line: socket.socket) -> None:
        with ExitStack() as stack:
            self._commands(line, stack)

    def _commands(self, line: socket.socket, stack: ExitStack) -> None:
        reader = stack.enter_context(line.makefile("rb"))
        is_safe = self.security == "ssl"
        sender, receivers = "", list[str]()

        def say(text: str) -> None:
            line.sendall(f"{text}\r\n".encode())

        say("220 mail.example ESMTP")
        while raw := reader.readline():
            words = raw.decode("utf-8", "replace").strip()
            verb = words.split(" ")[0].split(":")[0].upper()
            if verb in self.refuses:
                say(self.refuses[verb])
            elif verb == "EHLO":
                offers = ["mail.example", "SIZE 1000000", "AUTH PLAIN LOGIN"]
                offers += ["STARTTLS"] if self.security == "starttls" and not is_safe else []
                for number, offer in enumerate(offers):
                    say(f"250{' ' if number == len(offers) - 1 else '-'}{offer}")
            elif verb == "STARTTLS" and self.security == "starttls" and not is_safe:
                say("220 go ahead")
                line = stack.enter_context(self._tls.wrap_socket(line, server_side=True))
                reader, is_safe = stack.enter_context(line.makefile("rb")), True
            elif verb == "AUTH":
                self.clear_sign_ins += not is_safe
                say("235 welcome" if self._is_known(words) else "535 5.7.8 wrong name or password")
            elif verb == "MAIL":
                sender = words.partition("<")[2].partition(">")[0]
                receivers = []
                say("250 ok")
            elif verb == "RCPT":
                receivers.append(words.partition("<")[2].partition(">")[0])
                say("250 ok")
            elif verb == "DATA":
                say("354 end with a dot")
                body = []
                while (part := reader.readline()) not in (b".\r\n", b""):
                    body.append(part.decode("utf-8", "replace"))
                self.letters.append(Letter(sender, receivers, "".join(body), is_safe))
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok" if verb in {"RSET", "NOOP"} else "502 what?")

    def _is_known(self, words: str) -> bool:
        pieces = words.split(" ")
        if len(pieces) != 3 or pieces[1].upper() != "PLAIN":
            return False
        _, user, password = base64.b64decode(pieces[2]).decode().split("\0")
        return (user, password) == (self.user, self.password)
