"""`packdesk doctor`: looks at everything the program stands on; says what is wrong and how to mend it."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.options import Options, add_options, options_of
from desktop.system_libraries import apt_command, has_screen, missing_libraries
from desktop.verbs.answer import OK, REFUSED, tell

if TYPE_CHECKING:
    from core.app import Core

#: bytes below which labels stop being safe to print, and below which somebody should tidy up
_STOP_FREE = 200 * 2**20
_NOTICE_FREE = 2 * 2**30
_CLOCK_TOLERANCE_S = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `state` is good | notice | wrong; `mend` says what to do when it is not good."""

    subject: str
    state: str
    what: str
    mend: str = ""


def run(argv: Sequence[str]) -> int:
    """Look at everything; exit code 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="packdesk doctor", description="What is wrong here, and how to mend it.")
    add_options(parser)
    options = options_of(parser.parse_args(argv))
    findings = list(examine(options))
    signs = {"good": "✓", "notice": "▲", "wrong": "✗"}
    lines = []
    for finding in findings:
        lines.append(f"{signs[finding.state]} {finding.subject}: {finding.what}")
        if finding.mend:
            lines.append(f"    -> {finding.mend}")
    is_good = all(finding.state != "wrong" for finding in findings)
    tell(options, {"ok": is_good, "findings": [asdict(finding) for finding in findings]}, "\n".join(lines))
    return OK if is_good else REFUSED


def examine(options: Options) -> Iterator[Finding]:
    """Every look, in the order in which things depend on each other; a look that fails is itself a finding."""
    looks: Sequence[tuple[str, Callable[[], Iterator[Finding]]]] = (
        ("Qt libraries", _libraries),
        ("fonts", _fonts),
        ("disk", lambda: _disk(options)),
        ("keyring", lambda: _key(options)),
        ("database", lambda: _database(options)),
        ("printers", _printers),
    )
    for subject, look in looks:
        try:
            yield from look()
        except Exception as error:  # noqa: BLE001 - a doctor that falls over helps nobody
            yield Finding(subject, "wrong", f"could not be examined: {type(error).__name__}: {error}")


def _libraries() -> Iterator[Finding]:
    if not sys.platform.startswith("linux"):
        yield Finding("Qt libraries", "good", "come with the program on this system")
        return
    lacking = [library.package for library in missing_libraries("offscreen")]
    if lacking:
        yield Finding("Qt libraries", "wrong", "missing", apt_command(lacking))
    else:
        yield Finding("Qt libraries", "good", "all there")
    lacking = [library.package for library in missing_libraries("screen")]
    if not has_screen(os.environ):
        yield Finding("screen", "notice", "none (DISPLAY is empty)", "the window needs one; demo --headless does not")
    elif lacking:
        yield Finding("screen", "wrong", "libraries missing", apt_command(lacking))
    else:
        yield Finding("screen", "good", os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or "there")


def _fonts() -> Iterator[Finding]:
    from resources.paths import fonts_dir

    bundled = sorted(path.name for path in fonts_dir().glob("*.ttf"))
    if len(bundled) < 2:
        yield Finding("fonts", "wrong", "the bundled fonts are missing", "install the program again")
    else:
        yield Finding("fonts", "good", ", ".join(bundled))


def _disk(options: Options) -> Iterator[Finding]:
    import shutil

    from core.db.places import refuse_unsafe_folder
    from core.runtime.errors import DomainError

    place = _existing(options.data)
    free = shutil.disk_usage(place).free
    what = f"{free // 2**20} MB free in {place}"
    if free < _STOP_FREE:
        yield Finding("disk", "wrong", what, "make room before working on")
    elif free < _NOTICE_FREE:
        yield Finding("disk", "notice", what, "make room soon")
    else:
        yield Finding("disk", "good", what)
    try:
        refuse_unsafe_folder(options.data)
    except DomainError as error:
        yield Finding("data folder", "wrong", str(error), "choose a folder on a disk of this computer with --data")
    else:
        yield Finding("data folder", "good", str(options.data))


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _key(options: Options) -> Iterator[Finding]:
    if options.key_file is not None:
        state = "good" if options.key_file.exists() else "notice"
        what = f"key file {options.key_file}" + ("" if state == "good" else " (made at the first start)")
        yield Finding("keyring", state, what, "whoever can read this file can read the data")
        return
    from core.db.key_sources import KeyringSource
    from core.runtime.errors import DomainError

    source = KeyringSource(deadline_s=5.0)
    try:
        source.load("packdesk-doctor")
    except DomainError as error:
        yield Finding("keyring", "wrong", str(error), "unlock or install a keyring, or start with --key-file FILE")
    else:
        yield Finding("keyring", "good", source.describe())


def _database(options: Options) -> Iterator[Finding]:
    from core.db.driver import sqlite_library_is_safe
    from core.db.keys import has_keys

    if not sqlite_library_is_safe():
        yield Finding("database", "wrong", "the SQLite library may lose data", "install the program again")
    if options.database_url is None and not has_keys(options.data):
        yield Finding("database", "notice", f"none in {options.data} yet", "the first start makes it")
        return
    from core.app import build
    from core.runtime.errors import DomainError
    from desktop.composition import core_config

    try:
        core = build(core_config(options))
    except DomainError as error:
        yield Finding("database", "wrong", str(error), "see the sentence; a backup is in the backups folder")
        return
    try:
        integrity = core.opened.check()
        if integrity.is_whole:
            yield Finding("database", "good", "opens, and the check found nothing")
        else:
            yield Finding("database", "wrong", "; ".join(integrity.findings[:3]), "packdesk restore BACKUP")
        sums = core.stock.discrepancies()
        if sums:
            yield Finding("stock", "wrong", f"{len(sums)} sums differ from their movements", "report this defect")
        else:
            yield Finding("stock", "good", "every level is the sum of its movements")
        yield from _backups(core.opened.backup_root)
        yield _clock(core)
    finally:
        core.stop()


def _backups(root: Path) -> Iterator[Finding]:
    from core.db.backup import is_due
    from core.runtime.clock import SystemClock

    if is_due(root, SystemClock().now()):
        yield Finding("backup", "notice", "none within a day", "packdesk backup")
    else:
        yield Finding("backup", "good", f"a verified one of today in {root}")


def _clock(core: "Core") -> Finding:
    from sqlalchemy import func, select

    from core.channels.models import Shop

    query = select(func.max(func.abs(Shop.clock_offset_ms)))
    offset_ms = core.store.read(lambda connection: connection.execute(query).scalar_one_or_none()) or 0
    what = f"differs from the shops' clocks by at most {offset_ms / 1000:.1f} s"
    if offset_ms > _CLOCK_TOLERANCE_S * 1000:
        return Finding("clock", "wrong", what, "switch on automatic time: shops refuse calls with a wrong time")
    return Finding("clock", "good", what)


def _printers() -> Iterator[Finding]:
    devices = sorted(Path("/dev/usb").glob("lp*")) if Path("/dev/usb").is_dir() else []
    for device in devices:
        if os.access(device, os.W_OK):
            yield Finding("printers", "good", f"{device} can be written")
        else:
            yield Finding("printers", "wrong", f"{device} is locked", "sudo adduser $USER lp, then sign in anew")
    if not devices:
        yield Finding("printers", "good", "no USB printer here; the virtual printer always works")
