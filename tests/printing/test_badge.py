"""A badge on paper: its bars are read back, on each label, and none is ever kept as a file."""

import pytest

from core.access.badges import new_badge
from core.app import CoreConfig, build
from core.runtime.errors import Refused
from desktop.pages.printers.ports import PrinterDraft
from desktop.printers import Printers
from printing.resolution import Resolution
from tests.simulators.label_printer import LabelPrinter
from tests.support.readers import read_with_zbar, read_with_zxing


@pytest.mark.parametrize("size", ["100x150", "76x130"])
@pytest.mark.parametrize("dots_per_mm", [8.0, 12.0])
@pytest.mark.parametrize("name", ["小李", "名字很长很长很长很长很长很长很长很长很长的人", "Bo"])
def test_the_bars_are_read_back(renderer, size, dots_per_mm, name):
    code = new_badge()
    black = renderer.render_badge(name, code, "打包台工牌", size, Resolution(dots_per_mm)).bitmap.to_array()
    for read in (read_with_zxing, read_with_zbar):
        assert read(black) in ({("code128", code)}, None)
    height = int(50 * dots_per_mm)
    assert black[:height].any()
    assert not black[height:].any(), "small enough to be cut out"


def test_a_badge_comes_out_of_the_desks_printer_and_of_no_other(renderer, tmp_path):
    core = build(CoreConfig(tmp_path / "data", key_file=tmp_path / "key"))
    labels = tmp_path / "labels"
    printers = Printers(core, renderer, labels)
    printers.start()
    try:
        with LabelPrinter() as paper:
            code = new_badge()
            with pytest.raises(Refused) as refused:
                printers.print_badge("小李", code, "打包台工牌")
            assert refused.value.code == "badge.no_paper"
            view = printers.add(PrinterDraft("一号", paper.address, "100x150"))
            printers.make_default(view.key)
            printers.print_badge("小李", code, "打包台工牌")
            (black,) = paper.wait_for_papers(1)
            assert read_with_zxing(black) == {("code128", code)}
        assert not labels.exists() or list(labels.iterdir()) == []
    finally:
        printers.stop()
        core.stop()
