"""`packdesk people`: whoever has the key can let somebody in; no widget is loaded for it."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.app import CoreConfig, build
from core.runtime.errors import Refused
from desktop.verbs import people as verb

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path):
    """A folder with a database, as a first start leaves it."""
    build(CoreConfig(tmp_path / "data", key_file=tmp_path / "key")).stop()
    return tmp_path


@pytest.fixture
def run(home, quick_pins, monkeypatch, capsys):
    def call(*words, pin="", code=0):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{pin}\n"))
        given = [*words, "--data", str(home / "data"), "--key-file", str(home / "key"), "--json"]
        assert verb.run(given) == code
        out = capsys.readouterr()
        assert pin == "" or pin not in out.out + out.err
        return json.loads(out.out)

    return call


def test_an_owner_who_lost_the_pin_gets_in_again(home, run):
    assert run("list") == {"people": []}
    assert run("add", "小李", "packer", pin="907351", code=1)["error"] == "people.last_admin"
    added = run("add", "老板", "admin", "packer", pin="274915")["people"][0]
    assert (added["roles"], added["is_active"]) == (["packer", "admin"], True)
    assert run("add", "小李", "picker", pin="1111", code=1)["error"] == "pin.too_simple"
    run("add", "小李", "picker", pin="907351")
    assert run("role", "小李", "service", "auditor")["people"][0]["roles"] == ["service", "auditor"]
    assert run("off", "小李")["people"][0]["is_active"] is False
    assert run("on", "小李")["people"][0]["is_active"] is True
    assert run("off", "老板", code=1)["error"] == "people.last_admin"
    assert run("pin", "谁", pin="274915", code=1)["error"] == "people.unknown"
    window = build(CoreConfig(home / "data", key_file=home / "key", signs_in=True))
    try:
        for _ in range(6):
            with pytest.raises(Refused):
                window.sign_in.by_pin("老板", "000111")
    finally:
        window.stop()
    run("pin", "老板", pin="864209")
    window = build(CoreConfig(home / "data", key_file=home / "key", signs_in=True))
    try:
        assert window.sign_in.by_pin("老板", "864209").person.name == "老板", "the pause is over with the new PIN"
    finally:
        window.stop()


@pytest.mark.parametrize(
    "words", [["list", "小李"], ["add", "小李"], ["pin"], ["off", "小李", "packer"], ["role", "小李", "juggler"], []]
)
def test_wrong_words(home, words):
    with pytest.raises(SystemExit) as ended:
        verb.run([*words, "--data", str(home / "data")])
    assert ended.value.code == 2


def test_a_folder_without_data_gets_none(tmp_path, capsys):
    assert verb.run(["list", "--data", str(tmp_path / "new"), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"] == "people.nothing_here"
    assert not (tmp_path / "new").exists()


def test_no_widget_is_loaded(home):
    words = ["people", "list", "--data", str(home / "data"), "--key-file", str(home / "key")]
    look = f"from desktop.cli import main; import sys; code = main({words!r}); print(code, 'PySide6' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "0 False"
