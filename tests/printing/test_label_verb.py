import json
import subprocess
import sys

import pytest

from desktop.verbs.label import run
from printing.decode.registry import decode_job
from printing.decode.tspl import decode_tspl
from printing.languages.names import LANGUAGES
from printing.profile import PrinterProfile
from tests.support.labels import EXAMPLE, example_label, example_mapping
from tests.support.readers import read_with_zxing


def words(tmp_path, **changes):
    chosen = {
        "content": EXAMPLE,
        "size": "100x150",
        "dpi": 203,
        "language": "tspl",
        "out": tmp_path / "label.bin",
        **changes,
    }
    return [word for name, value in chosen.items() for word in (f"--{name}", str(value))]


@pytest.mark.parametrize("size", ["100x150", "76x130"])
@pytest.mark.parametrize(("dpi", "dots_per_mm"), [(203, 8.0), (300, 11.81)])
def test_the_file_holds_one_label_with_the_number_in_its_bars(renderer, tmp_path, capsys, size, dpi, dots_per_mm):
    out = tmp_path / "label.tspl"
    assert run([*words(tmp_path, size=size, dpi=dpi, out=out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["file"], answer["bytes"], answer["warnings"]) == (str(out), out.stat().st_size, [])
    (paper,) = decode_tspl(out.read_bytes(), dots_per_mm).papers
    assert ("code128", example_label().waybill_no) in read_with_zxing(paper.to_array())


def test_warnings_are_told(renderer, tmp_path, capsys):
    content = tmp_path / "long.json"
    content.write_text(json.dumps(example_mapping(waybill_no="JDVA12345678901-1-2-")), encoding="utf-8")
    assert run([*words(tmp_path, content=content, size="76x130"), "--json"]) == 0
    assert [warning["code"] for warning in json.loads(capsys.readouterr().out)["warnings"]] == ["render.thin_bars"]
    assert run(words(tmp_path, content=content, size="76x130")) == 0
    assert "warning: the long number" in capsys.readouterr().err


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_gives_one_label_with_the_number_in_its_bars(renderer, tmp_path, language):
    out = tmp_path / "label.bin"
    assert run(words(tmp_path, language=language, out=out)) == 0
    profile = PrinterProfile(key="p", name="p", address="memory:", language=language)
    (paper,) = decode_job(out.read_bytes(), profile).papers
    assert ("code128", example_label().waybill_no) in read_with_zxing(paper.to_array())


@pytest.mark.parametrize(
    "changes",
    [
        {"size": "60x40"},
        {"dpi": 600},
        {"language": "klingon"},
        {"content": "/nowhere/x.json"},
        {"content": "/"},
    ],
)
def test_wrong_words_are_exit_2(renderer, tmp_path, capsys, changes):
    assert run(words(tmp_path, **changes)) == 2
    assert capsys.readouterr().err


def test_bad_content_is_exit_2_and_names_the_field(renderer, tmp_path, capsys):
    content = tmp_path / "bad.json"
    raw = example_mapping()
    del raw["sort_code"]
    content.write_text(json.dumps(raw), encoding="utf-8")
    assert run([*words(tmp_path, content=content), "--json"]) == 2
    answer = json.loads(capsys.readouterr().out)
    assert answer["error"] == "label.field_missing"
    assert "sort_code" in answer["sentence"]


def test_an_unwritable_place_is_exit_4(renderer, tmp_path, capsys):
    assert run(words(tmp_path, out=tmp_path / "nowhere" / "x")) == 4
    assert "cannot be written" in capsys.readouterr().err


def test_help_is_exit_0(capsys):
    assert run(["--help"]) == 0
    assert "--content" in capsys.readouterr().out


ALONE = """
import json, sys
from desktop.verbs.label import run
codes = [run(sys.argv[1:]) for _ in range(2)]
unwanted = ("sqlalchemy", "requests", "core", "PySide6.QtWidgets")
loaded = [name for name in sys.modules if name.startswith(unwanted)]
print(json.dumps([codes, loaded]))
"""


def test_alone_it_needs_no_screen_and_loads_neither_widgets_nor_core(tmp_path):
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", ALONE, *words(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
        cwd=EXAMPLE.parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [[0, 0], []]
    assert (tmp_path / "label.bin").stat().st_size > 120_000
