"""A slip on the label printer: its bars are read back, on each paper, and everything stays in its frame."""

from dataclasses import fields

import pytest

from core.app import CoreConfig, build
from desktop.pages.printers.ports import PrinterDraft, SlipDraft
from desktop.printers import Printers
from printing.resolution import Resolution
from printing.slip import Slip
from tests.simulators.label_printer import LabelPrinter
from tests.support.readers import read_with_zbar, read_with_zxing

SHEET = Slip("快递交接单", "JJ0618-01", "共 123 件", ("快递：通通快递", "店铺：练习店"), ("签字", "时间"), "补打 1")
LONG = tuple(f"名字很长很长很长很长很长很长很长的商品 {number} × {number}" for number in range(99))
ROW_PX = int(5.6 * 8)


def parked(facts: tuple[str, ...], code: str = "PARK-7") -> Slip:
    return Slip("搁置 7", code, "缺货", facts, more="……还有", foot=("T2026061800001", "06-18 10:31 小李 1号台"))


@pytest.mark.parametrize("size", ["100x150", "76x130"])
@pytest.mark.parametrize("dots_per_mm", [8.0, 12.0])
@pytest.mark.parametrize("slip", [SHEET, parked((), "PARK-1"), parked(LONG, "PARK-999999999999")], ids=repr)
def test_the_bars_are_read_back(renderer, size, dots_per_mm, slip):
    black = renderer.render_slip(slip, size, Resolution(dots_per_mm)).bitmap.to_array()
    assert read_with_zxing(black) == {("code128", slip.code)}
    assert read_with_zbar(black) in ({("code128", slip.code)}, None)


def test_more_facts_than_fit_leave_the_lines_to_sign(renderer):
    many = Slip("交接单", "JJ0618-01", "9", tuple(f"第 {n} 行" for n in range(99)), ("签字", "时间"))
    drawn = renderer.render_slip(many, "76x130", Resolution(8.0)).bitmap.to_array()
    blank = renderer.render_slip(Slip("交接单", "JJ0618-01", "9", (), many.blanks), "76x130", Resolution(8.0))
    below = slice(-(24 * 8), None)
    assert (drawn[below] == blank.bitmap.to_array()[below]).all()


def test_what_does_not_fit_is_said_to_be_more_and_the_foot_stands(renderer):
    def drawn(slip: Slip):
        return renderer.render_slip(slip, "100x150", Resolution(8.0)).bitmap.to_array()

    few, many = drawn(parked(LONG[:2])), drawn(parked(LONG))
    silent = drawn(Slip("搁置 7", "PARK-7", "缺货", LONG, foot=parked(()).foot))
    foot = slice(-(2 * ROW_PX + 40), None)
    assert (few[foot] == many[foot]).all()
    differs = (many != silent).any(axis=1).nonzero()[0]
    assert len(differs), "a line says that there are more"
    assert differs[-1] - differs[0] <= ROW_PX, "it takes the place of one line"


def test_a_slip_comes_out_of_the_desks_printer(renderer, tmp_path):
    core = build(CoreConfig(tmp_path / "data", key_file=tmp_path / "key"))
    printers = Printers(core, renderer, tmp_path / "labels")
    printers.start()
    draft = SlipDraft(**{one.name: getattr(SHEET, one.name) for one in fields(Slip)})
    try:
        printers.print_slip(draft)
        assert printers.newest_labels(1)[0].name == "JJ0618-01"
        with LabelPrinter() as paper:
            view = printers.add(PrinterDraft("一号", paper.address, "100x150"))
            printers.make_default(view.key)
            assert printers.print_slip(draft) == "一号"
            (black,) = paper.wait_for_papers(1)
            assert read_with_zxing(black) == {("code128", "JJ0618-01")}
        assert core.labels.open_jobs() == (), "it is no label: no number, no place in line"
    finally:
        printers.stop()
        core.stop()
