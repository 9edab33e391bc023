"""Where the files of the windows lie. Knows paths only: opening and reading is the caller's business."""

from pathlib import Path

_ROOT = Path(__file__).resolve().parent


def icon_file(name: str) -> Path:
    """The SVG of one icon, drawn in `currentColor`."""
    return _ROOT / "icons" / f"{name}.svg"


def sound_file(name: str) -> Path:
    """The WAV of one signal tone."""
    return _ROOT / "sounds" / f"{name}.wav"


def translation_file(language: str) -> Path:
    """The catalogue of one interface language (`zh_CN`, `en`)."""
    return _ROOT / "translations" / f"{language}.json"


def font_files() -> tuple[Path, ...]:
    """The bundled typeface, for machines without a Chinese one of their own."""
    return tuple(sorted((_ROOT / "fonts").glob("NotoSansSC-*.ttf"), reverse=True))
