"""What `./run` asks of the machine for each verb, and how it passes on what it does not know."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.system_libraries import SystemLibrary

if sys.platform != "win32":
    import fcntl

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def bootstrap_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], True),
        (["--data", "D"], True),
        (["--measure-start"], True),
        (["--help"], False),
        (["--version"], False),
        (["demo"], True),
        (["demo", "--headless"], False),
        (["serve"], False),
        (["label", "--content", "x.json"], False),
    ],
)
def test_window_verbs_are_known(arguments: list[str], expected: bool) -> None:
    from bootstrap.main import needs_screen

    assert needs_screen(arguments) is expected


@pytest.mark.parametrize(
    "arguments", [["-n", "0"], ["-n4"], ["tests/unit/test_x.py"], ["tests/unit/test_x.py::test_y"], ["--pdb"], ["-s"]]
)
def test_workers_are_the_callers_choice(arguments: list[str]) -> None:
    from bootstrap.main import parallel_options

    assert parallel_options(arguments) == []


@pytest.mark.parametrize("arguments", [[], ["-k", "stock"], ["--without-postgres"], ["tests/unit"]])
def test_workers_are_several_for_many_tests(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    from bootstrap import main

    monkeypatch.setattr(main.os, "cpu_count", lambda: 2)
    assert main.parallel_options(arguments) == ["-n", "2"]
    monkeypatch.setattr(main.os, "cpu_count", lambda: 1)
    assert main.parallel_options(arguments) == []


class FakeMachine:
    """A machine whose packages are in a list, and whose apt puts them there."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, *, missing: set[str], root: bool, apt_works: bool = True
    ) -> None:
        from bootstrap import system

        self.missing = missing
        self.installed: list[str] = []
        self.apt_works = apt_works
        libraries = [
            SystemLibrary("libEGL.so.1", "libegl1", "offscreen"),
            SystemLibrary("x", "libxcb-shape0", "screen"),
        ]
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr(
            system,
            "missing_libraries",
            lambda goal: [one for one in libraries if one.package in missing and goal in ("screen", one.goal)],
        )
        monkeypatch.setattr(system, "has_venv_parts", lambda: "python3-venv" not in missing)
        monkeypatch.setattr(system, "has_cjk_font", lambda: "fonts-noto-cjk" not in missing)
        monkeypatch.setattr(system, "has_library", lambda _soname: "libusb-1.0-0" not in missing)
        monkeypatch.setattr(system, "_has_postgres", lambda: "postgresql" not in missing)
        monkeypatch.setattr(system, "_may_install", lambda: root)
        monkeypatch.setattr(system, "_apt_install", self._install)

    def _install(self, packages: list[str], log: Path) -> None:
        self.installed += packages
        if self.apt_works:
            self.missing -= set(packages)


EVERYTHING = {"python3-venv", "libegl1", "libxcb-shape0", "fonts-noto-cjk", "postgresql"}


def test_missing_packages_are_named_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from bootstrap.say import SetupFailed
    from bootstrap.system import Wants, provide

    machine = FakeMachine(monkeypatch, missing=set(EVERYTHING), root=False)
    with pytest.raises(SetupFailed) as failure:
        provide(Wants(libraries="screen", venv=True, cjk_font=True), tmp_path / "log")
    assert failure.value.exit_code == 3
    line = "sudo apt install --no-install-recommends python3-venv libegl1 libxcb-shape0 fonts-noto-cjk"
    assert failure.value.english == f"System packages are missing, run: {line}"
    assert line in failure.value.chinese
    assert machine.installed == []


def test_missing_postgres_names_its_package_and_the_way_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from bootstrap.say import SetupFailed
    from bootstrap.system import Wants, provide

    FakeMachine(monkeypatch, missing={"postgresql"}, root=False)
    provide(Wants(libraries="offscreen"), tmp_path / "log")
    with pytest.raises(SetupFailed, match=r"apt install .* postgresql .*--without-postgres"):
        provide(Wants(libraries="offscreen", postgres=True), tmp_path / "log")


def test_root_installs_everything_in_one_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from bootstrap.system import Wants, provide

    machine = FakeMachine(monkeypatch, missing=set(EVERYTHING), root=True)
    provide(Wants(libraries="offscreen", venv=True, cjk_font=True, postgres=True), tmp_path / "log")
    assert machine.installed == ["python3-venv", "libegl1", "postgresql", "fonts-noto-cjk"]
    assert machine.missing == {"libxcb-shape0"}


def test_failing_apt_ends_in_the_same_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from bootstrap.say import SetupFailed
    from bootstrap.system import Wants, provide

    FakeMachine(monkeypatch, missing={"libegl1"}, root=True, apt_works=False)
    with pytest.raises(SetupFailed, match="libegl1"):
        provide(Wants(libraries="offscreen"), tmp_path / "log")


def test_missing_font_alone_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from bootstrap.system import Wants, provide

    FakeMachine(monkeypatch, missing={"fonts-noto-cjk"}, root=False)
    provide(Wants(cjk_font=True), tmp_path / "log")
    assert "fonts-noto-cjk" in capsys.readouterr().err


def test_missing_usb_library_is_named_with_what_it_is_for_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from bootstrap.system import Wants, find_lacks, provide

    FakeMachine(monkeypatch, missing={"fonts-noto-cjk", "libusb-1.0-0"}, root=False)
    assert find_lacks(Wants(usb=True)) == ((), ("libusb-1.0-0",))
    provide(Wants(cjk_font=True, usb=True), tmp_path / "log")
    said = capsys.readouterr().err
    assert "apt install --no-install-recommends libusb-1.0-0" in said
    assert "apt install --no-install-recommends fonts-noto-cjk" in said
    assert find_lacks(Wants()) == ((), ())


@pytest.mark.skipif(sys.platform == "win32", reason="there the lock belongs to one process")
def test_step_of_a_killed_set_up_keeps_the_lock_until_it_ends(tmp_path: Path) -> None:
    """Else the next start would build the environment anew while pip still writes into it."""
    up, end = tmp_path / "up", tmp_path / "end"
    for fifo in (up, end):
        os.mkfifo(fifo)
    step = f"open({str(up)!r}, 'w').close(); open({str(end)!r}).close()"
    program = (
        "import sys\n"
        f"sys.path[:0] = [{str(ROOT / 'packaging')!r}, {str(ROOT)!r}]\n"
        "from pathlib import Path\n"
        "from bootstrap.environment import Steps, exclusive\n"
        f"with exclusive(Path({str(tmp_path / 'lock')!r})) as lock:\n"
        f"    Steps(Path({str(tmp_path / 'log')!r}), lock).do([sys.executable, '-c', {step!r}], 'step')\n"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as killed:
        up.open(encoding="utf-8").close()
        killed.kill()
        killed.wait()
        with (tmp_path / "lock").open("a+b") as file:
            with pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            end.open("w", encoding="utf-8").close()
            fcntl.flock(file, fcntl.LOCK_EX)
