"""System errors as reasons: one stable code each, and whether the first byte had left."""

import errno
from collections.abc import Mapping

from printing.errors import NothingSent, PartlySent

_CODES: Mapping[int, tuple[str, str]] = {
    errno.ENOENT: ("wire.absent", "the printer is not plugged in"),
    errno.ENODEV: ("wire.absent", "the printer is not plugged in"),
    errno.ENXIO: ("wire.absent", "nothing listens behind this printer address"),
    errno.EACCES: ("wire.forbidden", "this user may not use the printer (on Linux: group lp)"),
    errno.EPERM: ("wire.forbidden", "this user may not use the printer (on Linux: group lp)"),
    errno.EBUSY: ("wire.busy", "another program uses the printer"),
    errno.EIO: ("wire.broken", "the connection to the printer broke"),
    errno.EPIPE: ("wire.broken", "the connection to the printer broke"),
    errno.ECONNRESET: ("wire.broken", "the printer closed the connection"),
    errno.ECONNREFUSED: ("wire.refused", "the printer refuses the connection"),
    errno.EHOSTUNREACH: ("wire.unreachable", "the printer's address cannot be reached"),
    errno.ENETUNREACH: ("wire.unreachable", "the printer's address cannot be reached"),
    errno.ETIMEDOUT: ("wire.timeout", "the printer did not answer in time"),
    errno.ENOSYS: ("wire.driver_holds", "the system's own driver holds the printer: use its queue instead"),
    errno.ENOSPC: ("wire.full", "the printer or disk takes no more data (paper out or disk full)"),
}


def failure(error: OSError, sent_bytes: int) -> NothingSent | PartlySent:
    """The refusal for a system error after `sent_bytes` bytes."""
    code, sentence = _CODES.get(error.errno or 0, ("wire.failed", f"sending failed: {error.strerror or error}"))
    if isinstance(error, TimeoutError):
        code, sentence = "wire.timeout", "the printer did not answer in time"
    return refusal(code, sentence, sent_bytes)


def refusal(code: str, sentence: str, sent_bytes: int) -> NothingSent | PartlySent:
    """`NothingSent` or `PartlySent`, by whether a byte had left."""
    kind = PartlySent if sent_bytes else NothingSent
    return kind(code, sentence, sent_bytes=sent_bytes)
