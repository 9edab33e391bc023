"""The slip of a parked parcel on paper: its bars are read back on each label, whatever it has to say."""

import pytest

from core.app import CoreConfig, build
from desktop.pages.packing.ports import SlipText
from desktop.pages.printers.ports import PrinterDraft
from desktop.printers import Printers
from printing.resolution import Resolution
from printing.templates.slip import Slip
from tests.simulators.label_printer import LabelPrinter
from tests.support.readers import read_with_zbar, read_with_zxing

SHORT = ("团团熊 大号 × 2",)
LONG = tuple(f"名字很长很长很长很长很长很长很长的商品 {number} × {number}" for number in range(12))


def slip(missing=SHORT, code="PARK-123456"):
    return Slip(code, "搁置 123456", "缺货", "T2026061800001 T2026061800002", missing, "……", "06-18 10:31 小李 1号台")


@pytest.mark.parametrize("size", ["100x150", "76x130"])
@pytest.mark.parametrize("dots_per_mm", [8.0, 12.0])
@pytest.mark.parametrize("missing", [(), SHORT, LONG])
@pytest.mark.parametrize("code", ["PARK-1", "PARK-999999999999"])
def test_the_bars_are_read_back(renderer, size, dots_per_mm, missing, code):
    black = renderer.render_slip(slip(missing, code), size, Resolution(dots_per_mm)).bitmap.to_array()
    assert read_with_zxing(black) == {("code128", code)}
    assert read_with_zbar(black) in ({("code128", code)}, None)
    assert not black[int(94 * dots_per_mm) :].any(), "small enough to be cut out"


def test_what_does_not_fit_is_said_to_be_more(renderer):
    five = renderer.render_slip(slip(LONG[:5]), "100x150", Resolution(8.0)).bitmap.to_array()
    more = renderer.render_slip(slip(LONG), "100x150", Resolution(8.0)).bitmap.to_array()
    top, last = (40 * 8), (64 * 8)
    assert (five[top:last] == more[top:last]).all()
    assert (five[last : last + 48] != more[last : last + 48]).any()


def test_a_slip_comes_out_of_the_desks_printer(renderer, tmp_path):
    core = build(CoreConfig(tmp_path / "data", key_file=tmp_path / "key"))
    printers = Printers(core, renderer, tmp_path / "labels")
    printers.start()
    text = SlipText("PARK-7", "搁置 7", "缺货", "T1", SHORT, "……", "06-18 10:31")
    try:
        printers.print_slip(text)
        assert printers.newest_labels(1)[0].name == "PARK-7"
        with LabelPrinter() as paper:
            view = printers.add(PrinterDraft("一号", paper.address, "100x150"))
            printers.make_default(view.key)
            printers.print_slip(text)
            (black,) = paper.wait_for_papers(1)
            assert read_with_zxing(black) == {("code128", "PARK-7")}
        assert core.labels.open_jobs() == ()
    finally:
        printers.stop()
        core.stop()
