"""The arrows of the house are kept, and the contracts that keep them can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"]


def lint_imports(root: Path) -> tuple[int, str]:
    done = subprocess.run(LINT, cwd=root, capture_output=True, encoding="utf-8", check=False)
    return done.returncode, done.stdout + done.stderr


def test_arrows_of_the_house_are_kept() -> None:
    code, said = lint_imports(ROOT)
    assert code == 0, said


def _copy_of_the_house(folder: Path) -> None:
    """Every module of ours, without what is no Python."""
    for package in ("core", "desktop", "printing", "resources"):
        for module in (ROOT / package).rglob("*.py"):
            copy = folder / module.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(module, copy)
    shutil.copy(ROOT / "pyproject.toml", folder)


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("core/orders/late.py", "import desktop", "core knows neither Qt nor its neighbours"),
        ("core/orders/late.py", "import PySide6.QtCore", "core knows neither Qt nor its neighbours"),
        ("printing/late.py", "import core.orders", "printing knows neither database nor shops nor windows"),
        ("printing/late.py", "import requests", "printing knows neither database nor shops nor windows"),
        ("resources/late.py", "import desktop", "desktop above core and printing, resources below"),
        ("core/db/late.py", "import core.orders.lifecycle", "core's subjects know each other in one direction only"),
        ("core/channels/mall/late.py", "import core.channels.vendure", "no platform's adapter knows another's"),
        (
            "desktop/pages/late.py",
            "import sqlalchemy",
            "screens know services and frozen records, never the database",
        ),
        (
            "desktop/pages/late.py",
            "import core.db.outbox",
            "screens know services and frozen records, never the database",
        ),
    ],
)
def test_each_contract_sees_a_wrong_arrow(tmp_path: Path, module: str, line: str, contract: str) -> None:
    _copy_of_the_house(tmp_path)
    (tmp_path / module).write_text(line + "\n", encoding="utf-8")
    code, said = lint_imports(tmp_path)
    assert code != 0
    assert f"{contract} BROKEN" in said
