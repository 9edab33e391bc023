"""The virtual printer: a picture of each label that would come out. Default until a real one is chosen.

The picture is decoded from the very bytes a printer would get, so it shows what the printer would show.
"""

import dataclasses
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from printing.decode.registry import decode_job
from printing.errors import NothingSent
from printing.languages.registry import find_language
from printing.profile import PrinterProfile
from printing.transports.contract import Receipt, digest
from printing.transports.failures import failure
from printing.transports.files import next_serial, safe_name, write_whole

_INDEX = "index.jsonl"
#: labels carry addresses: the folder does not grow into an archive
DEFAULT_KEEP = 1000


@dataclass(frozen=True, slots=True)
class VirtualLabel:
    """One job in the folder: its bytes and one picture a paper (file names, not paths)."""

    serial: int
    name: str
    language: str
    bytes_file: str
    pictures: tuple[str, ...]
    sha256: str
    printed_at: str


@dataclass(slots=True)
class VirtualTransport:
    """Stores bytes, pictures and an index in `folder`.

    Attributes:
        folder: made when first used.
        profile: whose language, resolution and paper the bytes are read with.
        now: aware wall time for the index.
        keep: how many jobs stay; older ones are deleted.
    """

    folder: Path
    profile: PrinterProfile
    now: Callable[[], datetime]
    keep: int = DEFAULT_KEEP

    @property
    def is_stream(self) -> bool:
        """Each job is whole or not there."""
        return False

    def send(self, data: bytes, name: str) -> Receipt:
        """Store one job; it counts once its index line is on disk.

        Raises:
            NothingSent: the folder cannot be written; no index line stays.
            DecodeError: the bytes are no job of the profile's language.
        """
        papers = decode_job(data, self.profile).papers
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            serial = next_serial(self.folder)
            stem = f"{serial:06d}-{safe_name(name)}"
            bytes_file = f"{stem}.{self.profile.language}"
            write_whole(self.folder / bytes_file, data)
            pictures = []
            for number, paper in enumerate(papers, start=1):
                picture = f"{stem}.png" if number == 1 else f"{stem}-{number}.png"
                write_whole(self.folder / picture, paper.to_png())
                pictures.append(picture)
            label = VirtualLabel(
                serial=serial,
                name=name,
                language=self.profile.language,
                bytes_file=bytes_file,
                pictures=tuple(pictures),
                sha256=digest(data),
                printed_at=self.now().isoformat(timespec="seconds"),
            )
            self._append(label)
        except OSError as error:
            raise failure(error, 0) from error
        self._forget_old()
        picture = str(self.folder / pictures[0]) if pictures else ""
        return Receipt(digest(data), is_confirmed=True, bytes_file=str(self.folder / bytes_file), picture=picture)

    def query(self, request: bytes, is_whole: Callable[[bytes], bool]) -> bytes | None:  # noqa: ARG002  # known whole
        """Always ready, said in the profile's language; None for what is no question in it."""
        for question in find_language(self.profile.language).status_questions:
            if question.request == request:
                return question.ready_reply
        return None

    def _append(self, label: VirtualLabel) -> None:
        path = self.folder / _INDEX
        line = (json.dumps(dataclasses.asdict(label), ensure_ascii=False) + "\n").encode()
        with path.open("a+b") as file:
            before = file.seek(0, os.SEEK_END)
            file.seek(max(0, before - 1))
            ends_whole = file.read(1) in {b"", b"\n"}  # a power cut may have left half a line
            try:
                file.write(line if ends_whole else b"\n" + line)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.truncate(path, before)
                raise

    def _forget_old(self) -> None:
        """Delete what is older than `keep` jobs, with a margin: the index is not rewritten every time."""
        labels = read_virtual_labels(self.folder)
        if len(labels) <= self.keep + max(10, self.keep // 10):
            return
        kept = labels[-self.keep :]
        lines = [json.dumps(dataclasses.asdict(label), ensure_ascii=False) + "\n" for label in kept]
        try:
            write_whole(self.folder / _INDEX, "".join(lines).encode())
            for label in labels[: -self.keep]:
                for file in (label.bytes_file, *label.pictures):
                    (self.folder / file).unlink(missing_ok=True)
        except OSError:
            return  # tidying must not fail a label that is already out; the next job tries again


def read_virtual_labels(folder: Path) -> Sequence[VirtualLabel]:
    """The labels in the folder, oldest first; a line cut by a power cut is skipped.

    Raises:
        NothingSent: the index cannot be read.
    """
    try:
        lines = (folder / _INDEX).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise NothingSent("wire.failed", "the virtual printer's list cannot be read") from error
    labels = []
    for line in lines:
        try:
            raw = json.loads(line)
            labels.append(VirtualLabel(**{**raw, "pictures": tuple(raw["pictures"])}))
        except (ValueError, TypeError, KeyError):
            continue
    return tuple(labels)
