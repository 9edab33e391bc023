"""`packdesk doctor`: looks at everything the program stands on; says what is wrong and how to mend it."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.errors import error_phrase
from desktop.options import Options, add_options, options_of
from desktop.settings import DeskSettings
from desktop.system_libraries import apt_command, has_screen, missing_libraries
from desktop.texts import Phrase, Texts
from desktop.verbs.answer import OK, REFUSED, tell

if TYPE_CHECKING:
    from core.app import Core

#: bytes below which labels stop being safe to print, and below which somebody should tidy up
_STOP_FREE = 200 * 2**20
_NOTICE_FREE = 2 * 2**30
_CLOCK_TOLERANCE_S = 60
_SIGNS = {"good": "✓", "notice": "▲", "wrong": "✗"}
#: no service of ours is called like this: asking for it only shows whether the keyring answers
_NOBODY = "packdesk-doctor"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at.

    Attributes:
        subject: code of what was looked at (`doctor.subject.<subject>` is its word).
        state: good | notice | wrong.
        what: what was found.
        mend: code of what to do about it, with `what`'s facts; empty where nothing is to be done.
    """

    subject: str
    state: str
    what: Phrase
    mend: str = ""


def _found(subject: str, state: str, code: str, *, has_mend: bool = False, **facts: object) -> Finding:
    name = f"doctor.{subject}.{code}"
    return Finding(subject, state, Phrase(name, facts), f"{name}.mend" if has_mend else "")


def _refused(subject: str, error: Exception) -> Finding:
    """An expected error, in its own words; how to mend it is told by its code where we know more than the error."""
    code = getattr(error, "code", "")
    return Finding(subject, "wrong", error_phrase(error), f"doctor.mend.{code}")


def run(argv: Sequence[str]) -> int:
    """Look at everything, in the language the desk was set to; exit code 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="packdesk doctor", description="What is wrong here, and how to mend it.")
    add_options(parser)
    options = options_of(parser.parse_args(argv))
    settings = DeskSettings(options.data)
    texts = Texts(settings.text("language"))
    findings = list(examine(options, settings.text("desk_name") or options.desk))
    is_good = all(finding.state != "wrong" for finding in findings)
    told = [_told(finding, texts) for finding in findings]
    lines = []
    for one in told:
        lines.append(f"{_SIGNS[one['state']]} {one['name']}: {one['what']}")
        if one["mend"]:
            lines.append(f"    → {one['mend']}")
    lines.append(texts.t("doctor.all_good" if is_good else "doctor.not_good"))
    tell(options, {"ok": is_good, "findings": told}, "\n".join(lines))
    return OK if is_good else REFUSED


def _told(finding: Finding, texts: Texts) -> Mapping[str, str]:
    mend = finding.mend
    if mend and not texts.has(mend):
        mend = "doctor.mend"
    return {
        "subject": finding.subject,
        "state": finding.state,
        "code": finding.what.code,
        "name": texts.t(f"doctor.subject.{finding.subject}"),
        "what": texts.say(finding.what),
        "mend": texts.say(Phrase(mend, finding.what.facts)) if mend and finding.state != "good" else "",
    }


def examine(options: Options, desk: str) -> Iterator[Finding]:
    """Every look, in the order in which things depend on each other; a look that fails is itself a finding."""
    looks: Sequence[tuple[str, Callable[[], Iterator[Finding]]]] = (
        ("qt", _libraries),
        ("fonts", _fonts),
        ("disk", lambda: _disk(options)),
        ("folder", lambda: _folder(options)),
        ("log", lambda: _logs(options)),
        ("key", lambda: _key(options)),
        ("database", lambda: _database(options, desk)),
        ("printers", _seen_printers),
    )
    for subject, look in looks:
        try:
            yield from look()
        except Exception as error:  # noqa: BLE001 - a doctor that falls over helps nobody
            facts = {"kind": type(error).__name__, "words": str(error)}
            yield Finding(subject, "wrong", Phrase("doctor.unexamined", facts), "doctor.unexamined.mend")


def _libraries() -> Iterator[Finding]:
    if not sys.platform.startswith("linux"):
        yield _found("qt", "good", "bundled")
        return
    lacking = [library.package for library in missing_libraries("offscreen")]
    if lacking:
        yield _found("qt", "wrong", "missing", has_mend=True, names=", ".join(lacking), command=apt_command(lacking))
    else:
        yield _found("qt", "good", "there")
    lacking = [library.package for library in missing_libraries("screen")]
    if not has_screen(os.environ):
        yield _found("screen", "notice", "none", has_mend=True)
    elif lacking:
        facts = {"names": ", ".join(lacking), "command": apt_command(lacking)}
        yield _found("screen", "wrong", "missing", has_mend=True, **facts)
    else:
        yield _found("screen", "good", "there", name=os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _fonts() -> Iterator[Finding]:
    from resources.paths import bundled_font_files

    missing = [path.name for path in bundled_font_files() if not path.is_file()]
    if missing:
        yield _found("fonts", "wrong", "missing", has_mend=True, names=", ".join(missing))
    else:
        yield _found("fonts", "good", "there")


def _disk(options: Options) -> Iterator[Finding]:
    place = _existing(options.data)
    free = shutil.disk_usage(place).free
    state = "wrong" if free < _STOP_FREE else "notice" if free < _NOTICE_FREE else "good"
    code = "free" if state == "good" else "little"
    yield _found("disk", state, code, has_mend=state != "good", free=f"{free / 2**30:.1f}", place=place)


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _folder(options: Options) -> Iterator[Finding]:
    from core.db.places import refuse_unsafe_folder
    from core.runtime.errors import DomainError

    try:
        refuse_unsafe_folder(options.data)
    except DomainError as error:
        yield _refused("folder", error)
        return
    place = _existing(options.data)
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        yield _found("folder", "wrong", "locked", has_mend=True, path=place)
    else:
        yield _found("folder", "good", "there", path=options.data)


def _logs(options: Options) -> Iterator[Finding]:
    from core.runtime.log_file import log_path

    for program in ("window", "serve"):
        path = log_path(options.data, program)
        if path.exists():
            yield _found("log", "good", "there", path=path)


def _key(options: Options) -> Iterator[Finding]:
    from core.db.key_sources import FileSource, KeyringSource
    from core.runtime.errors import DomainError

    try:
        if options.key_file is None:
            source = KeyringSource(deadline_s=5.0)
            source.load(_NOBODY)
            yield _found("key", "good", "keyring", name=source.describe())
        elif options.key_file.exists():
            FileSource(options.key_file).load(_NOBODY)
            yield _found("key", "notice", "file", has_mend=True, path=options.key_file)
        else:
            yield _found("key", "notice", "no_file", has_mend=True, path=options.key_file)
    except DomainError as error:
        yield _refused("key", error)


def _database(options: Options, desk: str) -> Iterator[Finding]:
    from core.db.driver import sqlite_library_is_safe
    from core.db.keys import has_keys
    from core.runtime.errors import DomainError

    if not sqlite_library_is_safe():
        yield _found("database", "wrong", "library_old", has_mend=True)
    if not has_keys(options.data):
        # Opening would make keys and tables: that is for the first start, not for somebody who only looks.
        yield from _first_time(options)
        return
    from core.app import build
    from desktop.composition import core_config

    try:
        core = build(core_config(options))
    except DomainError as error:
        yield _refused("database", error)
        return
    try:
        yield from _inside(core, desk)
    finally:
        core.stop()


def _first_time(options: Options) -> Iterator[Finding]:
    if options.database_url is None:
        yield _found("database", "notice", "none_yet", has_mend=True, path=options.data)
        return
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    from core.db.engines import postgres_engines

    engines = postgres_engines(options.database_url)
    try:
        with engines.reader.connect() as connection:
            connection.execute(text("SELECT 1"))
        yield _found("database", "notice", "not_joined", has_mend=True)
    except SQLAlchemyError as error:
        words = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        yield _found("database", "wrong", "no_server", has_mend=True, words=words)
    finally:
        engines.dispose()


def _inside(core: "Core", desk: str) -> Iterator[Finding]:
    integrity = core.opened.check()
    if integrity.is_whole:
        yield _found("database", "good", "whole")
    else:
        yield _found("database", "wrong", "damaged", has_mend=True, words="; ".join(integrity.findings[:3]))
    sums = core.stock.discrepancies()
    if sums:
        yield _found("stock", "wrong", "differs", has_mend=True, n=len(sums))
    else:
        yield _found("stock", "good", "sums")
    yield from _backups(core)
    yield _clock(core)
    yield from _printers_of(core, desk)


def _backups(core: "Core") -> Iterator[Finding]:
    from core.db.backup import is_old

    newest = core.newest_backup()
    if newest is None or is_old(newest.at, core.config.clock.now()):
        yield _found("backup", "notice", "old", has_mend=True)
    elif newest.desk:
        yield _found("backup", "good", "at_desk", desk=newest.desk)
    else:
        yield _found("backup", "good", "there", path=core.opened.backup_root)


def _clock(core: "Core") -> Finding:
    from sqlalchemy import func, select

    from core.channels.models import Shop

    query = select(func.max(func.abs(Shop.clock_offset_ms)))
    offset_ms = core.store.read(lambda connection: connection.execute(query).scalar_one_or_none()) or 0
    is_off = offset_ms > _CLOCK_TOLERANCE_S * 1000
    return _found(
        "clock",
        "wrong" if is_off else "good",
        "off" if is_off else "right",
        has_mend=is_off,
        s=round(offset_ms / 1000),
    )


def _printers_of(core: "Core", desk: str) -> Iterator[Finding]:
    """The printers this desk was given, each asked over its own wire."""
    from desktop.printers import PRINTERS
    from printing.errors import PrintingError
    from printing.printer import open_printer
    from printing.profile import profile_from_mapping
    from printing.status import PrinterState

    for profile in map(profile_from_mapping, core.settings.get(PRINTERS.format(desk=desk), [])):
        try:
            status = open_printer(profile, core.config.clock.now).status()
        except PrintingError as error:
            yield _refused("printers", error)
            continue
        word = Phrase(f"printer.{status.state.value}", otherwise=status.state.value)
        facts: dict[str, Any] = {"name": profile.name, "address": profile.address, "word": word}
        if status.state is PrinterState.OFFLINE:
            yield _found("printers", "wrong", "offline", has_mend=True, **facts)
        elif status.state in (PrinterState.READY, PrinterState.UNKNOWN):
            yield _found("printers", "good", "answers", **facts)
        else:
            yield _found("printers", "notice", "asks", has_mend=True, **facts)


def _seen_printers() -> Iterator[Finding]:
    """What is plugged in or set up on this machine, whether the desk knows it or not."""
    from printing.discovery import find_here

    findings = find_here()
    for find in findings.finds:
        device = find.address.removeprefix("device:")
        if find.problem:
            yield _found("printers", "wrong", "usb_locked", has_mend=True, device=device)
        elif find.kind == "device":
            yield _found("printers", "good", "usb", device=device)
        elif find.is_certain:
            yield _found("printers", "good", "seen", name=find.name or find.kind, address=find.address)
    for problem in findings.problems:
        words = Phrase(f"error.{problem}", otherwise=problem)
        yield _found("printers", "notice", "unseen", has_mend=problem == "wire.no_libusb", problem=words)
    if not findings.finds:
        yield _found("printers", "good", "no_usb")
