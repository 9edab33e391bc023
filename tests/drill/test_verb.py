"""`packdesk drill`: words in, a table or one JSON object out, no window and nobody's data."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.practice.drill.records import Mode
from desktop.cli import main
from desktop.settings import DeskSettings
from desktop.verbs import drill as verb

ROOT = Path(__file__).parents[2]
#: half an hour, twenty units: plays in a moment
QUICK = ["--stock", "20", "--demand", "50", "--minutes", "30", "--rush-minutes", "10", "--lag", "120"]
#: what the issue promises to print
PRINTED = ("stock", "demand", "sold", "oversold", "refused", "unsold", "first_alert_s", "pushes")


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["drill", *QUICK, *words])
    return code, capsys.readouterr().out


def test_one_mode_answers_with_one_object(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    code, out = said(capsys, "--mode", "naive", "--json", "--data", str(tmp_path / "none"))
    facts = json.loads(out)
    assert code == 0
    assert facts.keys() >= set(PRINTED)
    assert (facts["stock"], facts["demand"], facts["mode"]) == (20, 50, "naive")
    assert facts["oversold"] == facts["sold"] - 20 > 0
    assert facts["calls_per_hour"] > 0
    assert list(tmp_path.iterdir()) == [], "nobody's folder is made or touched"


def test_all_modes_in_a_table_in_the_language_of_the_desk(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    folder = tmp_path / "data"
    folder.mkdir()
    DeskSettings(folder).put("language", "en")
    code, out = said(capsys, "--compare", "--data", str(folder))
    assert code == 0
    head, *rows = out.splitlines()[:5]
    assert head.split()[:3] == ["Mode", "Stock", "Buyers"]
    assert [row.split("  ")[0] for row in rows] == ["Full number", "With a buffer", "Differences", "Shop quotas"]
    assert len({len(line) for line in [head, *rows]}) == 1, "columns stand under each other"
    assert "oversold" in out.splitlines()[-1]
    code, out = said(capsys, "--mode", "naive", "--language", "zh_CN", "--data", str(folder))
    assert "超卖" in out.splitlines()[0]


def test_all_modes_as_one_object(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    _, out = said(capsys, "--compare", "--json", "--data", str(tmp_path))
    assert [facts["mode"] for facts in json.loads(out)["modes"]] == [mode.value for mode in Mode]


def test_the_same_words_say_the_same(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    words = ("--mode", "incremental", "--json", "--seed", "7", "--loss", "0.1", "--data", str(tmp_path))
    assert said(capsys, *words) == said(capsys, *words)


def test_a_quota_that_oversold_is_a_failure(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """It never must; were it ever so, a script would see it."""
    import core.practice.drill.playing as playing

    real = playing.play
    monkeypatch.setattr(playing, "play", lambda plan, _mode, *more: _as_quota(real(plan, Mode.NAIVE, *more)))
    assert said(capsys, "--mode", "quota", "--data", str(tmp_path))[0] == verb.REFUSED


def _as_quota(result):
    from dataclasses import replace

    return replace(result, mode=Mode.QUOTA)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--stock", "0"], "'0' is not a number between 1 and 100000"),
        (["--stock", "-3"], "'-3' is not a number between"),
        (["--rush", "1.5"], "'1.5' is not a number between 0 and 1"),
        (["--rush", "nan"], "'nan' is not a number between 0 and 1"),
        (["--lag", "eight"], "'eight' is not a number"),
        (["--mode", "magic"], "invalid choice: 'magic'"),
        (["--write", "telepathy"], "invalid choice: 'telepathy'"),
        (["--shops", "9"], "'9' is not a number between 1 and 8"),
        (["--buffer", "21"], "buffer lies between 0 and 20"),
        (["--rush-minutes", "31"], "rush_minutes lies between 1 and 30"),
        (["--loss", "0.9"], "'0.9' is not a number between 0 and 0.45"),
    ],
)
def test_wrong_words_are_named(capsys: pytest.CaptureFixture[str], words: list[str], sentence: str):
    assert main(["drill", *QUICK, *words]) == 2
    assert sentence in capsys.readouterr().err


def test_a_short_sale_is_one_rush(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    words = ["drill", "--minutes", "5", "--stock", "5", "--demand", "9", "--mode", "naive", "--data", str(tmp_path)]
    assert main(words) == 0


def test_no_widgets_are_loaded(tmp_path: Path):
    code = (
        "import sys; from desktop.cli import main;"
        f"code = main({['drill', *QUICK, '--mode', 'naive', '--json', '--data', str(tmp_path)]!r});"
        "print([name for name in sys.modules if name.startswith('PySide6')]); raise SystemExit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    assert done.stderr == ""
