"""System libraries are found missing before Qt can abort on them."""

from pathlib import Path

import pytest

from desktop.system_libraries import LIBRARIES, apt_command, has_cjk_font, has_screen, missing_libraries


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
