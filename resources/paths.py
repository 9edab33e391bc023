"""Where the bundled files lie. Knows paths only: opening and reading is the caller's business."""

from pathlib import Path

_ROOT = Path(__file__).resolve().parent


def fonts_dir() -> Path:
    """The folder with Noto Sans SC (Regular and Bold, static TTF) and its licence `OFL.txt`."""
    return _ROOT / "fonts"


def practice_pictures_dir() -> Path:
    """The folder with a picture of everything the practice shop sells, `CODE.png`; `make_pictures.py` draws them."""
    return _ROOT / "practice"


def regions_file() -> Path:
    """The table of provinces, cities and districts as JSON; `regions/make_regions.mjs` draws it."""
    return _ROOT / "regions" / "regions.json"


def bundled_font_files() -> tuple[Path, ...]:
    """The font files every window and label is drawn with, Regular first."""
    return (fonts_dir() / "NotoSansSC-Regular.ttf", fonts_dir() / "NotoSansSC-Bold.ttf")
