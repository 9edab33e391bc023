"""One printer: its settings, its wire and its language together."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from printing.bitmap import Bitmap
from printing.errors import NothingSent
from printing.languages.contract import Language
from printing.languages.registry import find_language
from printing.profile import PrinterProfile
from printing.status import PrinterState, PrinterStatus
from printing.transports.contract import Receipt, SensesPaper, Transport
from printing.transports.registry import open_transport


@dataclass(frozen=True, slots=True)
class Printer:
    """One printer, used by one thread at a time."""

    profile: PrinterProfile
    transport: Transport
    language: Language

    def encode(self, bitmap: Bitmap) -> bytes:
        """One label as this printer's bytes."""
        return self.language.encode(bitmap, self.profile)

    def recovery(self, bitmap: Bitmap) -> bytes:
        """What goes before `bitmap`'s bytes when the job before it was cut; prints nothing."""
        return self.language.recovery(bitmap, self.profile)

    def send(self, data: bytes, name: str) -> Receipt:
        """Hand over one whole job.

        Raises:
            NothingSent: it failed before the first byte left.
            PartlySent: it failed later, or the end is not certain.
        """
        return self.transport.send(data, name)

    def print_label(self, bitmap: Bitmap, name: str) -> Receipt:
        """Encode and send at once: for test pages. Parcels' labels go through the spooler.

        Raises:
            NothingSent: it failed before the first byte left.
            PartlySent: it failed later, or the end is not certain.
        """
        return self.send(self.encode(bitmap), name)

    def status(self) -> PrinterStatus:
        """What the printer says now. Silence is "unknown"; a printer out of reach is "offline"."""
        replies: list[bytes] = []
        for question in self.language.status_questions:
            try:
                reply = self.transport.query(question.request, question.is_whole)
                if reply is None and isinstance(self.transport, SensesPaper) and self.transport.paper_is_out():
                    return PrinterStatus(PrinterState.PAPER_OUT)
            except NothingSent as error:
                if replies:
                    break  # it was there a moment ago, and may not have let go of the last connection yet
                return PrinterStatus(PrinterState.OFFLINE, error.code.encode())
            if reply is None:
                break
            replies.append(reply)
        if not replies:
            return PrinterStatus(PrinterState.UNKNOWN)
        return self.language.parse_status(replies, self.profile.has_ribbon)


def open_printer(profile: PrinterProfile, now: Callable[[], datetime]) -> Printer:
    """The printer of a profile; touches neither wire nor disk yet. `now` is aware wall time.

    Raises:
        ProfileError: the address makes no sense.
    """
    return Printer(profile, open_transport(profile, now), find_language(profile.language))
