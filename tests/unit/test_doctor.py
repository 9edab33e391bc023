"""The doctor says in the clerk's language what is wrong and how to mend it, and changes nothing by looking."""

import base64
import json
import os
import shutil
import socket
from pathlib import Path

import pytest
from sqlalchemy import update

import desktop.verbs.doctor as doctor
from core.app import CoreConfig, build
from core.channels.models import Shop
from core.db.driver import connect_sqlite
from core.db.key_sources import FileSource
from core.practice.catalogue import practice_catalogue
from core.practice.moving_in import move_in
from core.practice.server import PracticeSecrets
from core.runtime.log_file import log_path
from desktop.cli import main
from desktop.printers import PRINTERS
from desktop.settings import DeskSettings
from desktop.system_libraries import LIBRARIES

pytestmark = pytest.mark.slow
DESK = "台 1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in use, beside its key file."""
    home = tmp_path_factory.mktemp("made")
    core = build(CoreConfig(folder=home / "data", key_file=home / "key"))
    url, keys = "http://127.0.0.1:9", PracticeSecrets.fresh()
    core.store.write(lambda uow: move_in(uow, url, f"{url}/carrier", keys, practice_catalogue()))
    core.stop()
    return home


@pytest.fixture(autouse=True)
def has_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk of these tests has every system library, whatever the machine has that runs them."""
    monkeypatch.setattr("desktop.verbs.doctor.missing_libraries", lambda goal: ())


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "home")
    return tmp_path / "home"


def change(home: Path, operation) -> None:
    core = build(CoreConfig(folder=home / "data", key_file=home / "key"))
    operation(core)
    core.stop()


def asked(capsys, home: Path, *more: str) -> tuple[int, dict[str, dict[str, str]], str]:
    words = ["doctor", "--data", str(home / "data"), "--desk", DESK]
    words += [] if "--key-file" in more else ["--key-file", str(home / "key")]
    code = main([*words, *more, "--json"])
    body = json.loads(capsys.readouterr().out)
    assert code == (0 if body["ok"] else 1)
    for finding in body["findings"]:
        assert finding["what"], finding
        assert not finding["what"].startswith(("doctor.", "error.")), finding
        assert not finding["mend"].startswith("doctor."), finding
        assert "—" not in finding["what"] + finding["mend"], finding
        assert bool(finding["mend"]) == (finding["state"] != "good"), finding
    return code, {one["code"]: one for one in body["findings"]}, json.dumps(body, ensure_ascii=False)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_healthy_desk_is_told_so_in_its_language(capsys, home, language):
    DeskSettings(home / "data").put("language", language)
    code, found, _ = asked(capsys, home)
    assert code == 0
    assert found["doctor.stock.sums"]["name"] == {"zh_CN": "库存账", "en": "Stock"}[language]
    assert main(["doctor", "--data", str(home / "data"), "--key-file", str(home / "key")]) == 0
    said = capsys.readouterr().out
    assert {"zh_CN": "没有发现问题", "en": "Nothing is wrong"}[language] in said


def test_the_log_of_a_program_that_ran_here_is_named(capsys, home):
    assert "doctor.log.there" not in asked(capsys, home)[1]
    words = ["serve", "--data", str(home / "data"), "--key-file", str(home / "key"), "--seconds", "0", "--json"]
    assert main(words) == 0
    capsys.readouterr()
    assert "doctor.log.there" not in asked(capsys, home)[1], "nothing went wrong"
    log_path(home / "data", "serve").write_text("a defect\n")
    found = asked(capsys, home)[1]["doctor.log.there"]
    assert (found["state"], found["what"]) == ("good", str(log_path(home / "data", "serve")))


def wrong_key(home: Path) -> list[str]:
    account = (home / "key").read_text().split()[0]
    (home / "other").write_text(f"{account} {base64.b64encode(bytes(32)).decode()}\n")
    (home / "other").chmod(0o600)
    return ["--key-file", str(home / "other")]


def open_key(home: Path) -> list[str]:
    (home / "key").chmod(0o644)
    return []


def too_new(home: Path) -> list[str]:
    from core.db.keys import load_key

    key = load_key(home / "data", FileSource(home / "key"))
    connection = connect_sqlite(home / "data" / "packdesk.db", key.file_key, must_exist=True)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    return []


def gone(home: Path) -> list[str]:
    (home / "data" / "packdesk.db").unlink()
    return []


def torn(home: Path) -> list[str]:
    with (home / "data" / "packdesk.db").open("r+b") as file:
        file.seek(4096)
        file.write(bytes(range(256)) * 64)
    return []


def clock_off(home: Path) -> list[str]:
    change(
        home, lambda core: core.store.write(lambda uow: uow.execute(update(Shop).values(clock_offset_ms=-3_600_000)))
    )
    return []


def printer_off(home: Path) -> list[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    profile = {"key": "p-1", "name": "大面单机", "address": f"tcp://127.0.0.1:{port}"}
    change(home, lambda core: core.settings.put(PRINTERS.format(desk=DESK), [profile]))
    return []


def no_server(home: Path) -> list[str]:
    shutil.rmtree(home / "data")
    return ["--database", "postgresql://u:secret@127.0.0.1:1/x"]


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (wrong_key, "error.key.recovery_needed"),
        pytest.param(open_key, "error.key.file_open", marks=pytest.mark.skipif(os.name == "nt", reason="no modes")),
        (too_new, "error.db.too_new"),
        (gone, "error.db.missing"),
        (torn, "doctor.database.damaged"),
        (clock_off, "doctor.clock.off"),
        (printer_off, "doctor.printers.offline"),
        (no_server, "doctor.database.no_server"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_wrong_is_named_with_what_mends_it(capsys, home, trouble, code):
    exit_code, found, whole = asked(capsys, home, *trouble(home))
    assert exit_code == 1
    assert code in found, sorted(found)
    assert found[code]["state"] == "wrong", whole
    assert "packdesk doctor" not in found[code]["mend"], "a trouble we know has its own advice"
    assert "secret@" not in whole


def test_missing_libraries_fonts_and_room_are_named(capsys, home, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "missing_libraries", lambda _goal: LIBRARIES[:2])
    monkeypatch.setattr("resources.paths.fonts_dir", lambda: tmp_path / "none")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(2**30, 2**30, 50 * 2**20))
    monkeypatch.setattr(doctor.os, "access", lambda _path, _mode: False)
    code, found, _ = asked(capsys, home)
    assert code == 1
    assert LIBRARIES[0].package in found["doctor.qt.missing"]["mend"]
    assert "NotoSansSC-Bold.ttf" in found["doctor.fonts.missing"]["what"]
    assert {found[name]["state"] for name in ("doctor.disk.little", "doctor.folder.locked")} == {"wrong"}


def test_printers_are_seen_before_anybody_sets_them_up(capsys, tmp_path, monkeypatch):
    from printing.discovery import Find, Findings

    finds = (
        Find("usb:2d37:cbb4", "Xprinter XP-P323B", "tspl", "says"),
        Find("device:/dev/usb/lp0", "", problem="wire.forbidden"),
        Find("serial:/dev/ttyUSB0", "a scale perhaps", is_certain=False),
    )
    monkeypatch.setattr("printing.discovery.find_here", lambda: Findings(finds, ("wire.no_libusb",)))
    code, found, whole = asked(capsys, tmp_path)
    assert (code, found["doctor.printers.usb_locked"]["state"]) == (1, "wrong")
    assert "Xprinter XP-P323B" in found["doctor.printers.seen"]["what"]
    assert "libusb-1.0-0" in found["doctor.printers.unseen"]["mend"]
    assert "scale" not in whole


def test_looking_at_nothing_makes_nothing(capsys, tmp_path):
    code, found, _ = asked(capsys, tmp_path)
    assert (code, found["doctor.database.none_yet"]["state"]) == (0, "notice")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["mysql://x", "postgresql://h:abc/x", "postgresql://", "shop.db"])
def test_an_address_that_is_none_is_refused_before_anything_is_opened(capsys, tmp_path, url):
    assert main(["doctor", "--data", str(tmp_path / "d"), "--database", url]) == 2
    assert "postgresql://name:password@host" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["serve", "--data", "{file}/x", "--key-file", "{tmp}/k", "--seconds", "1"], 3, "cannot be"),
        (["serve", "--data", "{tmp}/d", "--seconds", "-1"], 2, "not a number of seconds"),
        (["demo", "--headless", "--orders", "x"], 2, "between 1 and 100000"),
        (["demo", "--headless", "--orders", "1", "--out", "{file}/x"], 3, "cannot be used"),
        (["backup", "--data", "{tmp}/d", "--key-file", "{tmp}/k"], 1, "there is no data in"),
        (["restore", "--data", "{tmp}/d", "{tmp}/none", "--recovery-code", "x"], 1, "there is no backup at"),
        (["restore", "--data", "{tmp}/d", "{tmp}"], 1, "give the recovery code"),
    ],
    ids=[
        "serve-folder",
        "serve-seconds",
        "demo-orders",
        "demo-out",
        "backup-nothing",
        "restore-none",
        "restore-no-code",
    ],
)
def test_bad_words_end_in_a_sentence_and_a_code(capsys, tmp_path, words, code, said):
    (tmp_path / "file").write_text("x")
    assert main([word.format(tmp=tmp_path, file=tmp_path / "file") for word in words]) == code
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err
    assert not (tmp_path / "d").exists()
