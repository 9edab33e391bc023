"""The whole job headless: what `packdesk demo` prints, counted on both sides and read from the printer bytes."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.composition import Desk
from desktop.options import Options
from desktop.verbs import demo
from printing.decode.registry import decode_job
from printing.profile import PrinterProfile
from tests.support.readers import read_with_zbar

ROOT = Path(__file__).resolve().parents[2]
ORDERS = 14


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    out = tmp_path_factory.mktemp("labels")
    command = [sys.executable, "-m", "desktop", "demo", "--headless", "--orders", str(ORDERS), "--seed", "11"]
    done = subprocess.run(
        [*command, "--out", str(out), "--json"], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_order_is_shipped_and_the_shop_says_so(result):
    assert result["orders"] == result["shipped"] == result["confirmed_by_shop"] == ORDERS
    assert result["parcels"] == len(result["labels"]) == ORDERS
    assert result["stock_ok"] is True
    assert result["left_open"] == 0
    assert set(result["seconds"]) == {"start", "place", "pull", "numbers", "pack", "confirm"}


def test_the_barcode_in_the_printer_bytes_is_the_number(result):
    profile = PrinterProfile("x", "x", "memory:")
    for label in result["labels"]:
        assert label["language"] == "tspl"
        job = decode_job(Path(label["bytes_file"]).read_bytes(), profile)
        assert len(job.papers) == 1
        assert ("code128", label["waybill"]) in read_with_zbar(job.papers[0].to_array())
        assert Path(label["picture"]).exists()
    assert len({label["waybill"] for label in result["labels"]}) == ORDERS


@pytest.mark.parametrize(
    "words",
    [
        ["demo", "--headless", "--orders", "1", "--out", "{tmp}/out", "--json"],
        ["doctor", "--data", "{tmp}/data", "--key-file", "{tmp}/key"],
        ["backup", "--data", "{tmp}/data", "--key-file", "{tmp}/key"],
        ["serve", "--data", "{tmp}/data", "--key-file", "{tmp}/key", "--seconds", "0.1"],
        [
            "label",
            "--content",
            "docs/examples/label-content.json",
            "--size",
            "76x130",
            "--language",
            "tspl",
            "--out",
            "{tmp}/label.tspl",
        ],
    ],
    ids=lambda words: words[0],
)
def test_headless_verbs_load_no_widgets(tmp_path, words):
    words = [word.format(tmp=tmp_path) for word in words]
    look = "print('PySide6.QtWidgets' in sys.modules, code)"
    if words[0] == "backup":
        # There has to be something to back up.
        from desktop.cli import main

        assert main(["serve", *words[1:], "--seconds", "0"]) == 0
    code = f"import sys; from desktop.cli import main; code = main({words!r}); {look}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    # The doctor may find that this machine lacks something for a window.
    assert done.stdout.splitlines()[-1] in {"False 0", *(["False 1"] if words[0] == "doctor" else [])}, done.stderr


class _Recorder:
    """Passes every call on and remembers which methods were called."""

    def __init__(self, target: object, name: str, seen: set[tuple[str, str]]) -> None:
        self._target, self._name, self._seen = target, name, seen

    def __getattr__(self, method: str) -> object:
        self._seen.add((self._name, method))
        return getattr(self._target, method)


def calls_of_the_window() -> set[tuple[str, str]]:
    """Methods of core's services that the window's own modules name: ports of its pages, and its composition."""
    found: set[tuple[str, str]] = set()
    for service, ports in (
        ("packing", "desktop/pages/packing/ports.py:PackingDesk"),
        ("labels", "desktop/pages/packing/ports.py:LabelDesk"),
        ("orders", "desktop/pages/orders/ports.py:OrderDesk"),
        ("status", "desktop/shell/ports.py:StatusDesk"),
    ):
        file, _, protocol = ports.partition(":")
        for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name == protocol:
                found |= {(service, item.name) for item in node.body if isinstance(item, ast.FunctionDef)}
    for file in ("desktop/composition.py", "desktop/window_verb.py", "desktop/printers.py"):
        for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
                found.add((node.value.attr, node.attr))
    return found


def test_the_demo_calls_nothing_of_core_that_the_window_does_not(tmp_path, qapp, monkeypatch):
    seen: set[tuple[str, str]] = set()
    start = Desk.start

    def recorded(self: Desk, **wish: bool) -> None:
        start(self, **wish)
        for name in ("packing", "labels", "orders", "status", "stock"):
            setattr(self.core, name, _Recorder(getattr(self.core, name), name, seen))

    monkeypatch.setattr(Desk, "start", recorded)
    options = Options(tmp_path, None, None, None, "desk", "clerk", is_json=True)
    demo.play(options, tmp_path, tmp_path / "out", 3, 2)
    assert {("packing", "scan_label"), ("packing", "open_next"), ("stock", "discrepancies")} <= seen
    assert seen - calls_of_the_window() == set()
