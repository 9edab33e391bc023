"""`packdesk import` and `packdesk export` as a person types them, in a process of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.files.conftest import pdd_orders
from tests.support.repository import ROOT

RUN = (
    "import sys; from desktop.cli import main; code = main(sys.argv[1:]);"
    "bad = [name for name in sys.modules if name in ('PySide6.QtWidgets', 'openpyxl')];"
    "sys.exit(99 if bad else code)"
)


@pytest.fixture
def packdesk(tmp_path: Path) -> Callable[..., tuple[int, Any, str]]:
    def run(*words: str) -> tuple[int, Any, str]:
        place = ["--data", str(tmp_path / "data"), "--key-file", str(tmp_path / "key"), "--json"]
        command = [sys.executable, "-P", "-c", RUN, *words, *place]
        where = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=ROOT, env=where, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode != 99, "a verb without a window needs no widgets"
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    return run


def test_orders_in_and_out_by_hand(packdesk: Callable[..., Any], put: Callable[..., Path], tmp_path: Path):
    path = str(put("pdd202606181000.xlsx", pdd_orders({"订单号": "260618-001"}, {"订单号": "合计"})))
    code, said, _ = packdesk("import", path, "--dry-run")
    assert (code, said["new"], said["rejected"], said["tables"]) == (1, 1, 1, ["pdd_orders"])
    code, said, _ = packdesk("import", path)
    assert (code, said["error"]) == (1, "files.no_shop")
    rejected = tmp_path / "rejected.csv"
    words = ("--shop", "小店", "--add-shop", "pdd", "--rejected", str(rejected), "--reason", "accounting")
    code, said, _ = packdesk("import", path, *words)
    assert (code, said["new"]) == (1, 1)
    assert said["rows"] == [["pdd202606181000.xlsx", 3, "订单号", "not_a_number", "合计"]]
    assert "not_a_number" in rejected.read_text("utf-8-sig")
    code, said, _ = packdesk("import", path, "--shop", "小店")
    assert (said["new"], said["unchanged"]) == (0, 1)
    code, said, _ = packdesk("import", path, "--shop", "小店", "--preset", "jd_orders")
    assert (code, said["error"]) == (1, "files.preset_unknown")
    out = tmp_path / "orders.xlsx"
    assert packdesk("export", "orders", str(out))[1]["error"] == "export.reason_unknown"
    code, said, _ = packdesk("export", "orders", str(out), "--reason", "accounting")
    assert (code, said["rows"]) == (0, 1)
    assert packdesk("export", "stock", str(tmp_path / "stock.csv"))[0] == 0
    report = tmp_path / "report.xlsx"
    code, said, _ = packdesk("export", "report", str(report), "--from", "2026-11-01", "--to", "2026-11-07")
    assert (code, said["rows"]) == (0, 7 + 2 + 2), "days, their sums and the shops', a shop with a late order, where"
    assert packdesk("export", "report", str(report))[1]["rows"] == 1 + 2 + 2, "today"
    back = ("--from", "2026-11-07", "--to", "2026-11-01")
    assert packdesk("export", "report", str(report), *back)[1]["error"] == "report.days"
    assert packdesk("export", "shipping", str(out), "--shop", "小店")[1]["error"] == "files.nothing_to_ship"
    code, said, _ = packdesk("import", str(tmp_path / "nowhere.xlsx"))
    assert (code, said["error"]) == (1, "files.no_file")
