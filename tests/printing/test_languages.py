"""What holds for every printer language: the paper shows the preview, and foreign text prints nothing of its own."""

import contextlib
import functools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from printing import render
from printing.bitmap import Bitmap
from printing.decode.contract import DecodeError
from printing.decode.registry import decode_job
from printing.errors import ProfileError
from printing.label import label_from_mapping
from printing.languages.names import LANGUAGES
from printing.languages.placing import page_of
from printing.languages.registry import find_language
from printing.status import PrinterState
from printing.templates.sheets import SHEETS
from tests.simulators.label_printer import ENGINES
from tests.support.labels import mapping_with_everywhere
from tests.support.printing_variants import TEMPLATES, VARIANTS, variant_profile
from tests.support.readers import read_with_zbar, read_with_zxing

HOSTILE_PIECES = [
    "^XZ^XA^PQ500^XZ~JA",
    '"\r\nPRINT 500,1\r\n',
    "\nFORM\nPRINT\n! 0 200 200 8 9\n",
    "\x1b@\x1dV\x00\x10\x14\x01\x00\x01",
    ":Z64:eNr7/w==:0000",
    "张三李四",
    "\x00\x1b\x1d\x0c",
]


def encode(bitmap, profile):
    return find_language(profile.language).encode(bitmap, profile)


def papers(data, profile):
    job = decode_job(data, profile)
    assert job.unknown_lines == ()
    return [paper.to_array() for paper in job.papers]


def small_page(profile, seed=0):
    """Dots of the paper's size with white and black regions, no two rows alike."""
    page = page_of(profile)
    dots = np.random.default_rng(seed).random((page.height_dots, page.width_dots)) < 0.02
    dots[20:90] = False
    dots[90:140, 30:200] = True
    return dots


def expected(dots, profile):
    """What the paper must show, said in the plainest way: place on the paper, then turn it."""
    page = page_of(profile)
    around = np.zeros((page.height_dots + 1600, page.width_dots + 1600), dtype=np.bool_)
    top, left = 800 + profile.offset_y_dots, 800 + profile.offset_x_dots
    around[top : top + dots.shape[0], left : left + dots.shape[1]] = dots
    paper = around[800:-800, 800:-800]
    return paper[::-1, ::-1] if profile.direction else paper


@functools.cache
def codes_in(shape, dots):
    """What either reader says of a picture; the same picture is read once."""
    black = np.unpackbits(np.frombuffer(dots, dtype=np.uint8))[: shape[0] * shape[1]].reshape(shape).astype(np.bool_)
    return read_with_zxing(black), read_with_zbar(black)


@pytest.mark.parametrize("size", SHEETS)
@pytest.mark.parametrize("dots_per_mm", [8.0, 11.81, 12.0])
@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("name", VARIANTS)
def test_the_paper_is_the_preview_and_both_readers_read_it(renderer, name, template, size, dots_per_mm):
    for media in ("gap", "mark", "continuous"):
        profile = variant_profile(name, size=size, dots_per_mm=dots_per_mm, media=media)
        bitmap, wanted = TEMPLATES[template](renderer, profile)
        data = encode(bitmap, profile)
        (paper,) = papers(data, profile)
        assert (paper != bitmap.to_array()).sum() == 0
        if profile.is_inverted or (profile.language, media) == ("escpos", "continuous"):
            continue  # no engine of ours has such paper
        sheet = SHEETS[size]
        engine = ENGINES[profile.language](dots_per_mm, sheet.width_mm, sheet.height_mm)
        engine.feed(data)
        assert ([(out != bitmap.to_array()).sum() for out in engine.papers], engine.errors) == ([0], [])
    by_zxing, by_zbar = codes_in(paper.shape, np.packbits(paper).tobytes())
    assert by_zxing == wanted
    assert by_zbar in (wanted, None)


def test_every_template_of_the_program_is_tried():
    drawn = {name.removeprefix("draw_") for name in vars(render) if name.startswith("draw_")}
    assert drawn == {name.partition(",")[0] for name in TEMPLATES}


@pytest.mark.parametrize("direction", [0, 1])
@pytest.mark.parametrize("offset", [(0, 0), (17, 5), (-9, -30), (-3, 12), (800, 0), (-800, -800)])
@pytest.mark.parametrize("name", VARIANTS)
def test_offset_and_direction_mean_the_same_on_every_paper(name, offset, direction):
    profile = variant_profile(
        name, size="76x130", direction=direction, offset_x_dots=offset[0], offset_y_dots=offset[1]
    )
    dots = small_page(profile)
    (paper,) = papers(encode(Bitmap.from_array(dots), profile), profile)
    assert (paper == expected(dots, profile)).all()
    engine = ENGINES[profile.language](8.0, 76, 130)
    if not profile.is_inverted:
        engine.feed(encode(Bitmap.from_array(dots), profile))
        # An empty label is no paper that anybody could tell from the next one on a receipt printer.
        assert (engine.papers[0] == expected(dots, profile)).all()
        assert engine.errors == []


@pytest.mark.parametrize(("dots_per_mm", "head_dots"), [(8.0, 760), (11.81, 1100), (12.0, 1181), (8.0, 832)])
@pytest.mark.parametrize("name", VARIANTS)
def test_a_head_narrower_than_the_paper_prints_what_was_drawn_for_it(name, dots_per_mm, head_dots):
    profile = variant_profile(name, dots_per_mm=dots_per_mm, head_dots=head_dots, direction=1)
    dots = small_page(profile)
    assert dots.shape[1] == min(head_dots, int(100 * dots_per_mm + 0.5))
    (paper,) = papers(encode(Bitmap.from_array(dots), profile), profile)
    assert (paper == dots[::-1, ::-1]).all()


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(VARIANTS)),
    black=npst.arrays(np.bool_, st.tuples(st.integers(1, 60), st.integers(1, 90))),
    x=st.integers(-100, 800),
    y=st.integers(-100, 800),
    direction=st.integers(0, 1),
    media=st.sampled_from(["gap", "mark", "continuous"]),
    piece=st.integers(1, 3000),
)
def test_any_picture_comes_back_from_decoder_and_engine(name, black, x, y, direction, media, piece):
    profile = variant_profile(name, offset_x_dots=x, offset_y_dots=y, direction=direction, media=media)
    data = encode(Bitmap.from_array(black), profile)
    (paper,) = papers(data, profile)
    assert (paper == expected(black, profile)).all()
    if profile.is_inverted or (profile.language, media) == ("escpos", "continuous"):
        return  # no engine of ours has such paper
    engine = ENGINES[profile.language]()
    for start in range(0, len(data), piece):
        engine.feed(data[start : start + piece])
    assert engine.errors == []
    assert (engine.papers[0] == paper).all()


@functools.cache
def jobs(name, seed):
    """A job and what its paper shows."""
    profile = variant_profile(name, size="76x130")
    dots = small_page(profile, seed)
    return encode(Bitmap.from_array(dots), profile), dots, profile


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(sorted(set(VARIANTS) - {"tspl inverted"})), data=st.data())
def test_after_a_cut_anywhere_recovery_brings_exactly_the_next_label(name, data):
    first, _, profile = jobs(name, 1)
    second, dots, _ = jobs(name, 2)
    near = st.sampled_from(
        [st.integers(0, 250), st.integers(len(first) - 60, len(first)), st.integers(0, len(first))]
    )
    cut = data.draw(data.draw(near))
    engine = ENGINES[profile.language](8.0, 76, 130)
    engine.feed(first[:cut])
    engine.feed(find_language(profile.language).recovery(Bitmap.from_array(dots), profile))
    before = len(engine.papers)
    engine.feed(second)
    assert len(engine.papers) == before + 1
    assert (engine.papers[-1] == dots).all()
    # Only a printer without a page has half a label to throw out; the others print none of it, or all.
    if profile.language == "escpos":
        assert before <= 1
    else:
        assert all((paper == jobs(name, 1)[1]).all() for paper in engine.papers[:-1])


@pytest.mark.parametrize(
    ("name", "missing"), [("tspl", 9000), ("zpl hex", 3), ("cpcl", 9000), ("cpcl hex", 9000), ("escpos", 9000)]
)
def test_without_recovery_a_cut_job_spoils_the_next_label(name, missing):
    first, _, profile = jobs(name, 1)
    second, dots, _ = jobs(name, 2)
    engine = ENGINES[profile.language](8.0, 76, 130)
    engine.feed(first[:-missing])
    engine.feed(second)
    assert not any((paper == dots).all() for paper in engine.papers)


@pytest.mark.parametrize("name", VARIANTS)
def test_recovery_alone_prints_nothing(name):
    _, dots, profile = jobs(name, 1)
    for _ in range(2):
        data = find_language(profile.language).recovery(Bitmap.from_array(dots), profile)
        engine = ENGINES[profile.language](8.0, 76, 130)
        engine.feed(data)
        assert engine.papers == []
        assert decode_job(data, profile).papers == ()


@pytest.mark.parametrize("name", VARIANTS)
def test_a_cut_job_is_no_job(name):
    whole, dots, profile = jobs(name, 1)
    cutter_bytes = 4 if name == "escpos cutter" else 0
    for cut in (*range(1, 160), *range(200, len(whole) - 60, 9001), *range(len(whole) - 60, len(whole))):
        try:
            job = decode_job(whole[:cut], profile)
        except DecodeError as error:
            assert error.code == "decode.cut"  # noqa: PT017  # not every cut is seen, but none prints
        else:
            # A label that was fed out and not cut off yet is a label.
            is_out = bool(cutter_bytes) and cut == len(whole) - cutter_bytes
            assert [(paper.to_array() == dots).all() for paper in job.papers] == [True] * is_out, f"cut at {cut}"


@settings(max_examples=200, deadline=None)
@given(
    language=st.sampled_from(LANGUAGES),
    noise=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from([piece.encode("utf-8") for piece in HOSTILE_PIECES]),
            st.sampled_from(
                [b"^XA", b"^GFA,8,8,2,", b"JF", b"^XZ", b"! 0 200 200 8 1\r\n", b"CG 2 4 0 0 ", b"\x1dv0\0"]
            ),
        ),
        max_size=8,
    ).map(b"".join),
)
def test_a_decoder_survives_any_bytes(language, noise):
    profile = variant_profile(next(name for name in VARIANTS if VARIANTS[name]["language"] == language))
    with contextlib.suppress(DecodeError):
        job = decode_job(noise, profile)
        assert all(paper.data for paper in job.papers)


@functools.cache
def _texts():
    return st.one_of(st.text(max_size=60), st.lists(st.sampled_from(HOSTILE_PIECES), max_size=4).map("".join))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(sorted(VARIANTS)))
def test_no_text_in_any_field_prints_a_second_label(renderer, name, data):
    text = data.draw(_texts())
    profile = variant_profile(name, size="76x130")
    content = label_from_mapping(mapping_with_everywhere(text))
    bitmap = renderer.render(content, "76x130", profile.resolution).bitmap
    job = encode(bitmap, profile)
    (paper,) = papers(job, profile)
    assert (paper == bitmap.to_array()).all()
    if not profile.is_inverted:
        engine = ENGINES[profile.language](8.0, 76, 130)
        engine.feed(job)
        assert (len(engine.papers), engine.errors) == (1, [])


@pytest.mark.parametrize("key", LANGUAGES)
def test_a_ready_printer_is_understood_as_ready(key):
    language = find_language(key)
    assert all(question.is_whole(question.ready_reply) for question in language.status_questions)
    replies = [question.ready_reply for question in language.status_questions]
    assert language.parse_status(replies, False).state is PrinterState.READY


@pytest.mark.parametrize("key", LANGUAGES)
@given(reply=st.binary(max_size=120), has_ribbon=st.booleans())
def test_no_answer_breaks_the_reader(key, reply, has_ribbon):
    language = find_language(key)
    assert language.parse_status([reply] * len(language.status_questions), has_ribbon).state in PrinterState


def test_a_language_nobody_knows_is_a_wrong_setting():
    with pytest.raises(ProfileError):
        find_language("klingon")
