"""E-mail through the merchant's own account: always encrypted, and the certificate is always checked."""

import ipaddress
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any, Final

from core.alerts.notifiers.contract import AccessField, Kind, Message, Pace, WayBroken
from core.alerts.notifiers.robots import cut_to_bytes
from core.runtime.clock import Clock
from core.runtime.errors import Refused
from core.runtime.remote_errors import ChannelError, RateLimited, Rejected, Temporary

_ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?")
_PORTS: Final = frozenset({25, 465, 587, 994, 2525})
_SECURITY: Final = ("ssl", "starttls")
_TIMEOUT_S: Final = 15.0
_SUBJECT_BYTES: Final = 200


def is_mail_address(text: str) -> bool:
    """Whether mail can be sent there: one address, no name, no list."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


def listed(access: Mapping[str, str]) -> list[str]:
    """The addresses of an account's own list."""
    return [one for one in access.get("to", "").split(",") if one]


def _check(entered: Mapping[str, str]) -> dict[str, str]:
    host = entered.get("host", "").strip().lower()
    if not _HOST.fullmatch(host):
        raise Refused("alert.mail_host", "this is no name of a mail server")
    lan = "1" if entered.get("lan", "") in {"1", "true", "yes"} else ""
    port = entered.get("port", "").strip() or "465"
    is_here = host == "localhost" or host.startswith("127.")
    if not port.isdigit() or not (0 < int(port) < 65536 if is_here else int(port) in _PORTS):
        raise Refused("alert.mail_port", f"one of {sorted(_PORTS)}", ports=", ".join(map(str, sorted(_PORTS))))
    security = entered.get("security", "") or "ssl"
    if security not in _SECURITY:
        raise Refused("alert.mail_security", "mail is sent encrypted or not at all")
    user, password = entered.get("user", "").strip(), entered.get("password", "")
    if not user or not password or not (user + password).isprintable():
        raise Refused("alert.mail_account", "a mail account has a name and a password")
    sender = entered.get("sender", "").strip() or user
    to = [one.strip() for one in re.split(r"[,;，；\s]+", entered.get("to", "")) if one.strip()]
    if not is_mail_address(sender) or not all(is_mail_address(one) for one in to):
        raise Refused("alert.mail_address", "this is no mail address")
    return {
        "host": host,
        "port": port,
        "security": security,
        "user": user,
        "password": password,
        "sender": sender,
        "to": ",".join(to),
        "lan": lan,
    }


KIND: Final = Kind(
    "email",
    (
        AccessField("host", "text"),
        AccessField("port", "number", is_required=False, default="465"),
        AccessField("security", "choice", is_required=False, choices=_SECURITY, default="ssl"),
        AccessField("user", "text"),
        AccessField("password", "secret"),
        AccessField("sender", "text", is_required=False),
        AccessField("to", "text", is_required=False),
        AccessField("lan", "flag", is_required=False),
    ),
    Pace(per_minute=20, per_second=2),
    _check,
    is_group=False,
    secrets=frozenset({"password"}),
)

Resolve = Callable[[str, int], Sequence[str]]


def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the machine knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class Mail:
    """One account. Name and address are looked up once per message, judged, and then held to."""

    def __init__(
        self, access: Mapping[str, str], clock: Clock, tls: ssl.SSLContext | None = None, resolve: Resolve = resolved
    ) -> None:
        """`tls` None trusts whom this machine trusts."""
        self._access = access
        self._clock = clock
        self._tls = tls
        self._resolve = resolve

    def send(self, message: Message, to: Sequence[str]) -> None:
        """As `Notifier.send`."""
        receivers = [one for one in to if is_mail_address(one)] or listed(self._access)
        if not receivers:
            # Nothing is wrong with the account: this message has nobody to go to.
            raise Rejected("Nobody's address is known", code="mail.nobody")
        mail = self._written(message, receivers)
        try:
            self._delivered(mail, receivers)
        except ChannelError:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever the wire does is one of a few failures here
            raise _failure(fault) from None

    def _written(self, message: Message, receivers: Sequence[str]) -> EmailMessage:
        mail = EmailMessage()
        # A line break in a heading would begin a heading of somebody else's.
        mail["Subject"] = cut_to_bytes(" ".join(message.title.split()), _SUBJECT_BYTES)
        mail["From"] = self._access["sender"]
        mail["To"] = ", ".join(receivers)
        mail["Date"] = formatdate(self._clock.now().timestamp(), localtime=False)
        mail["Message-ID"] = make_msgid(domain="packdesk.invalid")
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content("\n".join((message.title, "", *message.lines)) + "\n")
        return mail

    def _delivered(self, mail: EmailMessage, receivers: Sequence[str]) -> None:
        host, port = self._access["host"], int(self._access["port"])
        address = self._judged(host, port)
        tls = self._tls or ssl.create_default_context()
        is_ssl = self._access["security"] == "ssl"
        server = _Pinned(address, host, port, tls if is_ssl else None)
        try:
            if not is_ssl:
                server.ehlo()
                server.starttls(context=tls)
            server.ehlo()
            server.login(self._access["user"], self._access["password"])
            server.send_message(mail, self._access["sender"], list(receivers))
        finally:
            with suppress(Exception):
                server.quit()
            server.close()

    def _judged(self, host: str, port: int) -> str:
        """An address that may be talked to: public, or in the local network where the owner allows that."""
        try:
            addresses = self._resolve(host, port)
        except OSError:
            raise Temporary("The mail server's name is not known at the moment", code="mail.name") from None
        for text in addresses:
            address = ipaddress.ip_address(text.partition("%")[0])
            if _is_admitted(address, host, allow_lan=bool(self._access.get("lan"))):
                return text
        raise WayBroken("The mail server lies where nothing may be sent", code="mail.address")


def _is_admitted(address: ipaddress.IPv4Address | ipaddress.IPv6Address, host: str, *, allow_lan: bool) -> bool:
    if address.is_loopback:
        # Only where it was said so: a public name that leads here is a trick.
        return host == "localhost" or host == str(address)
    if allow_lan:
        return not (address.is_link_local or address.is_multicast or address.is_unspecified)
    return address.is_global


class _Pinned(smtplib.SMTP):
    """Talks to the address that was judged; the certificate has to be the name's."""

    def __init__(self, address: str, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._address = address
        self._tls = tls
        self._name = host
        super().__init__(host, port, local_hostname="packdesk.invalid", timeout=_TIMEOUT_S)

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:  # the library's own hook
        line = socket.create_connection((self._address, port), timeout)
        # What STARTTLS checks the certificate against.
        self._host = host
        if self._tls is None:
            return line
        try:
            return self._tls.wrap_socket(line, server_hostname=host)
        except BaseException:
            line.close()
            raise


def _failure(fault: Exception) -> ChannelError:
    """Sort what the wire and the server said; never with their words, which may hold addresses."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return WayBroken("The mail server's certificate is not valid", code="mail.certificate")
    if isinstance(fault, smtplib.SMTPNotSupportedError):
        return WayBroken("The mail server offers no encryption or no sign-in", code="mail.unsupported")
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return _by_code(max((code for code, _ in fault.recipients.values()), default=550), "mail.receiver", Rejected)
    if isinstance(fault, smtplib.SMTPAuthenticationError):
        return _by_code(fault.smtp_code, "mail.sign_in", WayBroken)
    if isinstance(fault, smtplib.SMTPResponseException):
        return _by_code(fault.smtp_code, f"mail.{fault.smtp_code}", Rejected)
    return Temporary("The mail server cannot be reached, or broke off", code=f"mail.{type(fault).__name__}")


def _by_code(code: int, word: str, final: type[Rejected]) -> ChannelError:
    if code in {421, 450, 451, 452}:
        return RateLimited("The mail server takes nothing more for now", code=word, retry_after_s=120.0)
    if 400 <= code < 500:
        return Temporary("The mail server does not take it now", code=word)
    return final("The mail server refused", code=word)
