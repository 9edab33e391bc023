"""A slip on the label printer: its bars are read back, on each paper, and everything stays in its frame."""

import pytest

from core.app import CoreConfig, build
from desktop.pages.printers.ports import PrinterDraft, SlipDraft
from desktop.printers import Printers
from printing.resolution import Resolution
from printing.slip import Slip
from tests.simulators.label_printer import LabelPrinter
from tests.support.readers import read_with_zbar, read_with_zxing

SLIP = Slip("快递交接单", "JJ0618-01", "共 123 件", ("快递：通通快递", "店铺：练习店"), ("签字", "时间"), "补打 1")


@pytest.mark.parametrize("size", ["100x150", "76x130"])
@pytest.mark.parametrize("dots_per_mm", [8.0, 12.0])
def test_the_bars_are_read_back(renderer, size, dots_per_mm):
    black = renderer.render_slip(SLIP, size, Resolution(dots_per_mm)).bitmap.to_array()
    for read in (read_with_zxing, read_with_zbar):
        assert read(black) in ({("code128", "JJ0618-01")}, None)


def test_more_facts_than_fit_leave_the_lines_to_sign(renderer):
    many = Slip("交接单", "JJ0618-01", "9", tuple(f"第 {n} 行" for n in range(99)), ("签字", "时间"))
    drawn = renderer.render_slip(many, "76x130", Resolution(8.0)).bitmap.to_array()
    blank = renderer.render_slip(Slip("交接单", "JJ0618-01", "9", (), many.blanks), "76x130", Resolution(8.0))
    below = slice(-(24 * 8), None)
    assert (drawn[below] == blank.bitmap.to_array()[below]).all()


def test_a_slip_comes_out_of_the_desks_printer(renderer, tmp_path):
    core = build(CoreConfig(tmp_path / "data", key_file=tmp_path / "key"))
    printers = Printers(core, renderer, tmp_path / "labels")
    printers.start()
    try:
        with LabelPrinter() as paper:
            view = printers.add(PrinterDraft("一号", paper.address, "100x150"))
            printers.make_default(view.key)
            assert printers.print_slip(SlipDraft(**{name: getattr(SLIP, name) for name in Slip.__slots__})) == "一号"
            (black,) = paper.wait_for_papers(1)
            assert read_with_zxing(black) == {("code128", "JJ0618-01")}
    finally:
        printers.stop()
        core.stop()
