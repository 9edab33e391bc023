import dataclasses
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printing.canvas import Align, Canvas, Face, Rect
from printing.errors import RenderError
from printing.fonts import FontBook
from printing.label import Item
from printing.plain_text import MISSING_GLYPH_MARK
from printing.resolution import Resolution
from printing.templates.sheets import SHEETS
from printing.templates.waybill import grouped
from tests.support.labels import EXAMPLE, example_label
from tests.support.readers import read_with_zbar, read_with_zxing

HEADS = [Resolution(8.0, 832), Resolution(11.81), Resolution(12.0)]
SIZES = sorted(SHEETS)


def with_consignee(content, **changes):
    return dataclasses.replace(content, consignee=dataclasses.replace(content.consignee, **changes))


def dots(renderer, content, size="100x150", head=HEADS[0]):
    return renderer.render(content, size, head).bitmap.to_array()


def runs_of(row):
    """Lengths of equal dots along a row."""
    edges = np.flatnonzero(np.diff(row.astype(np.int8))) + 1
    return np.diff(np.concatenate([[0], edges, [len(row)]]))


@pytest.fixture(scope="session")
def fonts(qapp):
    return FontBook()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("head", HEADS, ids=["203", "300", "12"])
def test_two_readers_read_bars_and_qr_from_the_dots(renderer, size, head):
    content = example_label()
    label = renderer.render(content, size, head)
    assert not label.warnings
    wanted = {("code128", content.waybill_no), ("qr", content.qr_text)}
    assert read_with_zxing(label.bitmap.to_array()) == wanted
    assert read_with_zbar(label.bitmap.to_array()) in (wanted, None)


@pytest.mark.parametrize(
    ("size", "head", "width", "height"),
    [
        ("100x150", HEADS[0], 800, 1200),
        ("100x150", HEADS[1], 1181, 1772),
        ("100x150", HEADS[2], 1200, 1800),
        ("76x130", HEADS[0], 608, 1040),
        ("76x130", HEADS[1], 898, 1535),
    ],
)
def test_the_bitmap_is_the_paper_in_dots(renderer, size, head, width, height):
    bitmap = renderer.render(example_label(), size, head).bitmap
    assert (bitmap.width_dots, bitmap.height_dots) == (width, height)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("head", "module"), list(zip(HEADS, [3, 4, 4], strict=True)), ids=["203", "300", "12"])
def test_bars_are_whole_modules_tall_enough_and_stand_in_white(renderer, size, head, module):
    black = dots(renderer, example_label(), size, head)
    sheet = SHEETS[size]
    middle = sheet.margin + sheet.head + sheet.sort_code + sheet.centre + 1.6 + sheet.bars_height / 2
    row = black[round(middle * head.dots_per_mm)]
    inner = row[round((sheet.margin + 1) * head.dots_per_mm) : -round((sheet.margin + 1) * head.dots_per_mm)]
    left, *bars, right = runs_of(inner)
    assert left >= 10 * module
    assert right >= 10 * module
    assert {int(run) for run in bars} <= {module, 2 * module, 3 * module, 4 * module}
    half = round(6.0 * head.dots_per_mm)
    at = round(middle * head.dots_per_mm)
    assert (black[at - half : at + half] == row).all(), "the bars are at least 12 mm high"


def test_a_long_number_gets_thin_bars_and_a_warning(renderer):
    content = example_label(waybill_no="JDVA12345678901-1-2-")
    label = renderer.render(content, "76x130", HEADS[0])
    assert [warning.code for warning in label.warnings] == ["render.thin_bars"]
    assert ("code128", content.waybill_no) in read_with_zxing(label.bitmap.to_array())


def test_quiet_zones_are_kept_rather_than_wide_bars(renderer):
    # 178 modules: 3 dots each fit between the frames, 3 dots each with the quiet zones do not.
    label = renderer.render(example_label(waybill_no="ABCDEFGHIJKLM"), "76x130", HEADS[0])
    assert [warning.code for warning in label.warnings] == ["render.thin_bars"]


def test_a_number_that_fits_in_no_way_is_refused(renderer):
    with pytest.raises(RenderError) as caught:
        renderer.render(example_label(waybill_no="A1b" * 20), "76x130", HEADS[0])
    assert caught.value.code == "render.waybill_too_long"


def test_a_qr_text_too_long_to_read_is_left_out_with_a_warning(renderer):
    label = renderer.render(example_label(qr_text="x" * 5000), "100x150", HEADS[0])
    assert [warning.code for warning in label.warnings] == ["render.qr_too_long"]
    assert {kind for kind, _ in read_with_zxing(label.bitmap.to_array())} == {"code128"}


def test_qr_modules_are_at_least_half_a_millimetre(fonts):
    for head in HEADS:
        canvas = Canvas(fonts, 400, 400, head.dots_per_mm, 150)
        assert canvas.qr(Rect(0, 0, 29, 29), example_label().qr_text)
        black = canvas.finish().to_array()
        rows = np.flatnonzero(black.any(axis=1))
        least = int(min(runs_of(black[rows[0]])[1:-1]))
        assert least >= round(0.5 * head.dots_per_mm)
        assert rows[0] >= 4 * least / 7, "quiet zone"


@pytest.mark.parametrize("size", SIZES)
def test_hidden_digits_rooms_and_names_change_no_dot(renderer, size):
    base = dots(renderer, example_label(), size)
    other = with_consignee(
        example_label(), name="欧甲乙例", phone="13899999978", address="示例大道100号示例花园9栋9单元909室"
    )
    assert (dots(renderer, other, size) == base).all()
    shown = with_consignee(example_label(), phone="13899999979")
    assert (dots(renderer, shown, size) != base).any()


def test_a_platforms_masked_text_is_printed_as_it_is(renderer):
    one = with_consignee(example_label(), phone="138****5678", is_masked=True)
    two = with_consignee(example_label(), phone="138****5679", is_masked=True)
    assert (dots(renderer, one) != dots(renderer, two)).any()


def test_every_field_changes_the_paper(renderer):
    content = example_label()
    base = dots(renderer, content)
    changed = {
        "waybill_no": "SF1390000123457",
        "carrier": dataclasses.replace(content.carrier, product="特惠"),
        "sort_code": "010-A-1",
        "package_centre": "别处",
        "sender": dataclasses.replace(content.sender, city="上海市"),
        "consignee": dataclasses.replace(content.consignee, district="别区"),
        "items": content.items[:2],
        "item_count": 7,
        "order_nos": ("别的单号",),
        "buyer_note": "别的留言",
        "gift_note": "",
        "sequence": None,
        "box": None,
        "reprint": 2,
        "qr_text": "别的",
        "shop_name": "别的店",
        "printed_at": content.printed_at.replace(minute=6),
    }
    assert {field.name for field in dataclasses.fields(content)} == set(changed)
    for name, value in changed.items():
        other = dots(renderer, dataclasses.replace(content, **{name: value}))
        assert (other != base).any(), name


def test_thirty_items_are_cut_to_what_fits_and_the_rest_changes_nothing(renderer):
    def label(last):
        items = (*(Item(f"商品{number}", "红", 1) for number in range(29)), Item(last, "红", 1))
        return example_label(items=items, item_count=30)

    assert (dots(renderer, label("甲")) == dots(renderer, label("乙"))).all()
    assert (dots(renderer, label("甲")) != dots(renderer, example_label(item_count=30))).any()


def test_a_cut_address_is_said(renderer):
    label = renderer.render(with_consignee(example_label(), address="很长的路" * 100), "76x130", HEADS[0])
    assert [warning.code for warning in label.warnings] == ["render.address_cut"]


def test_a_missing_character_is_marked_and_named(qapp):
    fonts = FontBook(fallbacks=())
    assert fonts.has("𬱖")
    assert not fonts.has("𠮷")
    assert fonts.replace_missing("𠮷𬱖a𠮷\U0001f600") == (
        f"{MISSING_GLYPH_MARK}𬱖a{MISSING_GLYPH_MARK}{MISSING_GLYPH_MARK}",
        ("𠮷", "\U0001f600"),
    )
    canvas = Canvas(fonts, 200, 40, 8.0, 150)
    canvas.text(Rect(0, 0, 25, 5), "𠮷野𠮷", Face(3, 3))
    assert [(warning.code, dict(warning.facts)) for warning in canvas.warnings] == [
        ("render.missing_glyph", {"char": "𠮷"})
    ]
    shown = canvas.finish().to_array()
    plain = Canvas(fonts, 200, 40, 8.0, 150)
    plain.text(Rect(0, 0, 25, 5), "〓野〓", Face(3, 3))
    assert (shown == plain.finish().to_array()).all()


def test_a_rare_character_is_taken_from_an_installed_family(fonts):
    if "Noto Sans CJK SC" not in fonts.families:
        pytest.skip("no family with rare characters is installed here")
    assert fonts.replace_missing("𠮷") == ("𠮷", ())
    drawn = {}
    for text in ("𠮷", MISSING_GLYPH_MARK):
        canvas = Canvas(fonts, 100, 100, 8.0, 150)
        canvas.text(Rect(0, 0, 12, 12), text, Face(8, 8))
        drawn[text] = canvas.finish().to_array()
    assert (drawn["𠮷"] != drawn[MISSING_GLYPH_MARK]).any()
    assert drawn["𠮷"].sum() > 200


wild = st.text(
    alphabet=st.one_of(
        st.sampled_from("汉字路号，。！？abcWWWiii 1234567890-/\n"),
        st.characters(codec=None),
        st.characters(min_codepoint=0x300, max_codepoint=0x36F),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    ),
    max_size=300,
)


@settings(max_examples=150, deadline=None)
@given(
    text=wild,
    width=st.integers(1, 400),
    height=st.integers(1, 200),
    size=st.floats(0.5, 15),
    shrink=st.floats(0.2, 1),
    lines=st.integers(1, 5),
    is_bold=st.booleans(),
    align=st.sampled_from(Align),
)
def test_no_text_leaves_its_box(fonts, text, width, height, size, shrink, lines, is_bold, align):
    canvas = Canvas(fonts, 480, 280, 8.0, 150)
    face = Face(size, size * shrink, is_bold)
    canvas.text(Rect(5, 5, width / 8, height / 8), text, face, align, lines)
    fitted = canvas.fit(canvas._drawable(text), width, height, face, lines)
    assert max(fitted.widths, default=0) <= width
    assert len(fitted.lines) <= lines
    assert len(fitted.lines) == 1 or len(fitted.lines) * fitted.line_px <= height
    black = canvas.finish().to_array()
    black[40 : 40 + height, 40 : 40 + width] = False
    assert not black.any()


def test_a_black_box_is_black_whatever_was_written_before_it(fonts):
    """Or the mark of a further copy would stand white on white."""
    canvas = Canvas(fonts, 400, 200, 8.0, 160)
    canvas.text(Rect(0, 0, 20, 5), "先写的字", Face(4, 4))
    canvas.black_box(Rect(25, 10, 10, 10))
    assert canvas.finish().to_array()[80:160, 200:280].all()


def test_text_is_made_smaller_before_it_is_cut(fonts):
    canvas = Canvas(fonts, 800, 100, 8.0, 150)
    face = Face(5, 2.5)
    whole = canvas.fit("刚好要缩小一点的一行字", 300, 60, face, 1)
    assert not whole.is_cut
    assert 20 <= whole.size_px < 40
    cut = canvas.fit("怎么缩小也放不下的一行字" * 5, 300, 60, face, 1)
    assert (cut.is_cut, cut.size_px) == (True, 20)
    assert cut.lines[0].endswith("…")
    canvas.finish()


def test_a_head_a_little_too_narrow_squeezes_and_a_far_too_narrow_one_is_refused(renderer):
    label = renderer.render(example_label(), "76x130", Resolution(8.0, 576))
    assert label.bitmap.width_dots == 576
    assert ("code128", example_label().waybill_no) in read_with_zxing(label.bitmap.to_array())
    with pytest.raises(RenderError) as caught:
        renderer.render(example_label(), "100x150", Resolution(8.0, 576))
    assert caught.value.code == "render.head_too_narrow"


def test_an_unknown_size_is_refused(renderer):
    with pytest.raises(RenderError, match="100x150"):
        renderer.render(example_label(), "60x40", HEADS[0])


def test_many_threads_draw_the_same_dots(renderer):
    wanted = dots(renderer, example_label())
    results = []

    def work():
        results.extend(bool((dots(renderer, example_label()) == wanted).all()) for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 20


ALONE = """
import sys
from printing.errors import RenderError
from printing.render import LabelRenderer
try:
    LabelRenderer()
except RenderError as error:
    print(error.code)
assert "PySide6.QtWidgets" not in sys.modules
from PySide6.QtCore import QCoreApplication
app = QCoreApplication([])
try:
    LabelRenderer()
except RenderError as error:
    print(error.code)
"""


def test_without_a_gui_application_it_refuses_instead_of_aborting():
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["render.no_application"] * 2), done.stderr


TWICE = """
from PySide6.QtGui import QGuiApplication
application = QGuiApplication(["x", "-platform", "offscreen"])
from printing.render import LabelRenderer
from printing.resolution import Resolution
from tests.support.labels import example_label
renderer = LabelRenderer()
first, *later = [renderer.render(example_label(), "100x150", Resolution(8.0)).bitmap.data for _ in range(3)]
print([data == first for data in later])
"""


def test_a_process_draws_its_first_label_like_all_others(qapp):
    root = EXAMPLE.parents[2]
    done = subprocess.run(
        [sys.executable, "-c", TWICE], capture_output=True, text=True, timeout=60, check=False, cwd=root
    )
    assert done.stdout.strip() == "[True, True]", done.stderr


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("SF1390000123456", "SF 1390 0001 2345 6"),
        ("73111111111111", "7311 1111 1111 11"),
        ("JDVA1-2-", "JDVA1-2-"),
    ],
)
def test_the_number_is_grouped_for_reading_aloud(number, shown):
    assert grouped(number) == shown


def test_large_letters_are_solid_where_their_strokes_overlap(fonts):
    canvas = Canvas(fonts, 200, 200, 8.0, 150)
    canvas.text(Rect(0, 0, 25, 25), "A", Face(20, 20, is_bold=True), Align.CENTRE)
    black = canvas.finish().to_array()
    rows = np.flatnonzero(black.any(axis=1))
    height = rows[-1] - rows[0]
    bar = black[rows[0] + round(height * 0.6) : rows[0] + round(height * 0.78)]
    assert any(len(runs_of(row)) == 3 for row in bar), "the cross bar of the A runs from leg to leg"
