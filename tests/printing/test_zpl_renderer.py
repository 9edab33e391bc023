"""Our ZPL as a renderer draws it that nobody here wrote (npm `zpl-renderer-js`)."""

import io

import numpy as np
import pytest
from PIL import Image

from printing.bitmap import Bitmap
from printing.languages.zpl import encode
from printing.resolution import Resolution
from tests.support.labels import example_label
from tests.support.printing_variants import variant_profile
from tests.support.readers import read_with_zbar, read_with_zxing

ENCODINGS = ("hex", "rle", "z64")


def drawn(others_zpl, jobs):
    pictures = others_zpl.pictures(jobs)
    return [np.array(Image.open(io.BytesIO(picture)).convert("L")) < 128 for picture in pictures]


@pytest.mark.parametrize(("size", "width", "height"), [("100x150", 100, 150), ("76x130", 76, 130)])
@pytest.mark.parametrize("dots_per_mm", [8, 12])
def test_it_draws_the_preview(renderer, others_zpl, size, width, height, dots_per_mm):
    content = example_label()
    bitmap = renderer.render(content, size, Resolution(float(dots_per_mm))).bitmap
    black = bitmap.to_array()
    jobs = [
        encode(bitmap, variant_profile(f"zpl {encoding}", size=size, dots_per_mm=float(dots_per_mm)))
        for encoding in ENCODINGS
    ]
    for picture in drawn(others_zpl, [(job, width, height, dots_per_mm) for job in jobs]):
        assert picture.shape == black.shape
        assert (picture != black).sum() == 0
        wanted = {("code128", content.waybill_no), ("qr", content.qr_text)}
        assert read_with_zxing(picture) == wanted
        assert read_with_zbar(picture) in (wanted, None)


def test_it_moves_and_turns_a_label_as_we_do(others_zpl):
    black = np.random.default_rng(3).random((1040, 608)) < 0.05
    black[400:440, 100:300] = True
    offsets = [(0, 0), (40, 24), (-16, -9), (-3, 50)]
    cases = [(x, y, direction) for x, y in offsets for direction in (0, 1)]
    jobs = [
        encode(
            Bitmap.from_array(black),
            variant_profile("zpl rle", size="76x130", offset_x_dots=x, offset_y_dots=y, direction=direction),
        )
        for x, y, direction in cases
    ]
    for (x, y, direction), picture in zip(cases, drawn(others_zpl, [(job, 76, 130, 8) for job in jobs]), strict=True):
        around = np.zeros((1140, 708), dtype=np.bool_)
        around[50 + y : 50 + y + 1040, 50 + x : 50 + x + 608] = black
        wanted = around[50:1090, 50:658]
        wanted = wanted[::-1, ::-1] if direction else wanted
        assert (picture != wanted).sum() == 0, (x, y, direction)
