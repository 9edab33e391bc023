"""System libraries are found missing before Qt can abort on them."""

from pathlib import Path

import pytest

from desktop.system_libraries import (
    CJK_FONT_PACKAGE,
    LIBRARIES,
    apt_command,
    has_cjk_font,
    has_screen,
    missing_libraries,
)

ROOT = Path(__file__).parents[2]


def test_each_missing_library_names_its_package() -> None:
    def load(soname: str) -> None:
        if soname in ("libEGL.so.1", "libxcb-randr.so.0"):
            raise OSError(soname)

    assert [library.package for library in missing_libraries("screen", load)] == ["libegl1", "libxcb-randr0"]
    assert [library.package for library in missing_libraries("offscreen", load)] == ["libegl1"]
    assert missing_libraries("screen", lambda _: None) == ()


def test_table_has_each_library_once() -> None:
    assert len({library.soname for library in LIBRARIES}) == len(LIBRARIES) == 15


def test_command_can_be_pasted() -> None:
    assert apt_command(["libgl1", "libegl1"]) == "sudo apt install --no-install-recommends libgl1 libegl1"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"DISPLAY": ""}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"QT_QPA_PLATFORM": "offscreen"}, True),
        ({"QT_QPA_PLATFORM": "vnc:size=1366x768"}, True),
        ({"QT_QPA_PLATFORM": "xcb"}, False),
        ({"QT_QPA_PLATFORM": "wayland;xcb"}, False),
    ],
)
def test_screen_is_known(environ: dict[str, str], expected: bool) -> None:
    assert has_screen(environ) is expected


def test_cjk_font_is_known_by_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "fonts" / "opentype"
    folder.mkdir(parents=True)
    (folder / "DejaVuSans.ttf").touch()
    assert not has_cjk_font([tmp_path / "fonts", tmp_path / "none"])
    (folder / "NotoSansCJK-Regular.ttc").touch()
    assert has_cjk_font([tmp_path / "fonts"])


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_readme_names_every_package(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    (line,) = (line for line in text.splitlines() if line.startswith("`sudo apt install "))
    named = set(line.strip("`").split()[3:])
    assert named == {library.package for library in LIBRARIES} | {"python3-venv", CJK_FONT_PACKAGE}


def test_windows_starter_is_readable_by_cmd() -> None:
    """It wants CRLF, and finds its labels only in plain ASCII."""
    script = (ROOT / "run.bat").read_bytes()
    assert script.count(b"\n") == script.count(b"\r\n")
    assert script.partition(b"chcp 65001")[0].isascii()
    tried = [line.rpartition("call :try ")[2] for line in script.decode().splitlines() if "call :try" in line]
    assert tried == ["py -3.12", "py -3", "python"]
