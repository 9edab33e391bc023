"""Our ZPL as a renderer draws it that nobody here wrote (npm `zpl-renderer-js`)."""

import io

import numpy as np
import pytest
from PIL import Image

from printing.bitmap import Bitmap
from printing.languages.zpl import encode
from printing.templates.sheets import SHEETS
from tests.support.printing_variants import TEMPLATES, variant_profile
from tests.support.readers import read_with_zbar, read_with_zxing

ENCODINGS = ("hex", "rle", "z64")


def drawn(others_zpl, jobs):
    pictures = others_zpl.pictures(jobs)
    return [np.array(Image.open(io.BytesIO(picture)).convert("L")) < 128 for picture in pictures]


@pytest.mark.parametrize("size", SHEETS)
@pytest.mark.parametrize("dots_per_mm", [8, 12])
def test_it_draws_the_preview_of_every_template(renderer, others_zpl, size, dots_per_mm):
    sheet = SHEETS[size]
    jobs, previews = [], []
    for draw in TEMPLATES.values():
        for encoding in ENCODINGS:
            profile = variant_profile(f"zpl {encoding}", size=size, dots_per_mm=float(dots_per_mm))
            bitmap, wanted = draw(renderer, profile)
            jobs.append((encode(bitmap, profile), sheet.width_mm, sheet.height_mm, dots_per_mm))
            previews.append((bitmap.to_array(), wanted))
    for picture, (black, wanted) in zip(drawn(others_zpl, jobs), previews, strict=True):
        assert picture.shape == black.shape
        assert (picture != black).sum() == 0
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
