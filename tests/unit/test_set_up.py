"""`./run`: set-up that is skipped when done, repaired when interrupted, done once when started twice.

The checkout here is a small copy with lock files of our own, installed by the real venv and pip without any network.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the script is started by its first line")

PROGRAM = """\
import json, os, sys
import shelf
print(json.dumps({"arguments": sys.argv[1:], "cwd": os.getcwd(), "shelf": shelf.VERSION}))
"""


def make_wheel(folder: Path, version: str) -> str:
    """Write a wheel of the made-up package `shelf`; returns its line for a lock file."""
    records = {
        "shelf.py": f"VERSION = {version!r}\n",
        f"shelf-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: shelf\nVersion: {version}\n",
        f"shelf-{version}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = []
    path = folder / f"shelf-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in records.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
            lines.append(f"{name},sha256={digest},{len(text)}")
            wheel.writestr(name, text)
        record = f"shelf-{version}.dist-info/RECORD"
        wheel.writestr(record, "\n".join([*lines, f"{record},,"]) + "\n")
    return f"shelf=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


class Checkout:
    """A small checkout with the real `run` and a program that says what it was given."""

    def __init__(self, root: Path, wheels: Path) -> None:
        self.root = root
        self.wheels = wheels
        wheels.mkdir()
        (root / "desktop").mkdir(parents=True)
        for name in ("run", "packaging/bootstrap", "desktop/system_libraries.py", "tests/support"):
            source, target = ROOT / name, root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        (root / "desktop" / "__init__.py").touch()
        (root / "desktop" / "__main__.py").write_text(PROGRAM, encoding="utf-8")
        self.lock("1.0")

    def lock(self, version: str, line: str = "") -> None:
        line = line or make_wheel(self.wheels, version)
        for name in ("requirements.lock", "requirements-dev.lock"):
            (self.root / name).write_text(line, encoding="utf-8")

    def start(self, *arguments: str, cwd: Path | None = None, **environ: str) -> "subprocess.Popen[str]":
        settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "HOME": str(self.root), **environ}
        kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
        kept.pop("QT_QPA_PLATFORM", None)
        return subprocess.Popen(
            [sys.executable, str(self.root / "run"), *arguments],
            cwd=cwd or self.root,
            env={**kept, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, *arguments: str, cwd: Path | None = None, **environ: str) -> tuple[int, str, str]:
        process = self.start(*arguments, cwd=cwd, **environ)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "打包 台", tmp_path / "wheels")


def test_set_up_is_done_once_and_again_when_the_lock_changes(checkout: Checkout, tmp_path: Path) -> None:
    shadow = tmp_path / "elsewhere" / "desktop"
    shadow.mkdir(parents=True)
    (shadow / "__init__.py").touch()
    (shadow / "__main__.py").write_text("print('the wrong program')", encoding="utf-8")
    code, out, err = checkout.run("doctor", "--json", cwd=shadow.parent)
    assert code == 0, err
    assert json.loads(out) == {"arguments": ["doctor", "--json"], "cwd": str(shadow.parent), "shelf": "1.0"}
    assert "Setting up .venv" in err

    # With the wheels out of sight, a second installation could not succeed.
    code, out, err = checkout.run("doctor", PIP_FIND_LINKS=str(tmp_path / "none"))
    assert (code, err) == (0, "")
    assert json.loads(out) == {"arguments": ["doctor"], "cwd": str(checkout.root), "shelf": "1.0"}

    # pip settings of the shell must not lead the new version elsewhere.
    checkout.lock("1.1")
    target = tmp_path / "target"
    code, out, err = checkout.run("doctor", PIP_TARGET=str(target), PIP_USER="1", PIP_CONSTRAINT="none.txt")
    assert (code, json.loads(out or "{}").get("shelf")) == (0, "1.1"), err
    assert not target.exists()


def test_interrupted_installation_is_built_afresh(checkout: Checkout) -> None:
    """pip would take a package with its metadata in place for installed, whatever files of it are missing."""
    half = checkout.root / ".venv" / "half-unpacked"
    half.parent.mkdir()
    half.touch()
    identity = f"{sys.version}|{sys.base_prefix}"
    stamp = half.with_name("packdesk-setup.json")
    stamp.write_text(json.dumps({"python": identity, "wanted": None}), encoding="utf-8")
    half.with_name("bin").mkdir()
    half.with_name("bin").joinpath("python").symlink_to(sys.executable)
    code, out, err = checkout.run("doctor")
    assert (code, json.loads(out or "{}").get("shelf")) == (0, "1.0"), err
    assert not half.exists()


@pytest.mark.parametrize("digest", [f" --hash=sha256:{'0' * 64}", ""])
def test_wrong_or_missing_digest_ends_in_one_sentence_with_the_log(checkout: Checkout, digest: str) -> None:
    make_wheel(checkout.wheels, "1.0")
    checkout.lock("1.0", f"shelf==1.0{digest}\n")
    code, out, err = checkout.run("doctor")
    assert (code, out) == (4, "")
    assert "安装没有完成" in err
    assert str(checkout.root / ".run" / "setup.log") in err
    assert "Traceback" not in err
    assert json.loads((checkout.root / ".venv" / "packdesk-setup.json").read_text(encoding="utf-8"))["wanted"] is None


def test_two_starts_at_once_install_once(checkout: Checkout) -> None:
    both = [checkout.start("doctor") for _ in range(2)]
    said = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("Setting up .venv" in err for _, err in said) == 1


def test_environment_of_somebody_else_is_left_alone(checkout: Checkout) -> None:
    foreign = checkout.root / ".venv" / "pyvenv.cfg"
    foreign.parent.mkdir()
    foreign.write_text("home = elsewhere", encoding="utf-8")
    code, _, err = checkout.run("doctor")
    assert code == 3
    assert "was not made by ./run" in err
    assert foreign.read_text(encoding="utf-8") == "home = elsewhere"


@pytest.mark.parametrize("arguments", [(), ("--measure-start",), ("demo", "--orders", "3")])
def test_without_a_screen_the_headless_way_is_named(checkout: Checkout, arguments: tuple[str, ...]) -> None:
    code, out, err = checkout.run(*arguments)
    assert (code, out) == (3, "")
    assert "./run demo --headless --orders 20 --out demo-out --json" in err
    assert not (checkout.root / ".venv").exists()


def test_usage_is_told_without_setting_up(checkout: Checkout) -> None:
    code, out, _ = checkout.run("help")
    assert code == 0
    assert "--without-postgres" in out
    assert not (checkout.root / ".venv").exists()


def test_old_python_is_told_so() -> None:
    program = (
        "import runpy, sys, types; sys.version_info = (3, 9, 2)\n"
        f"sys.exit(runpy.run_path({str(ROOT / 'run')!r})['start']())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 3
    assert "需要 Python 3.11 或更新，这里是 3.9" in done.stderr
    assert "needs Python 3.11 or newer, and this is 3.9" in done.stderr
