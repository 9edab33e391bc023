"""`packdesk label`: one label from a JSON file to printer bytes, without window, database or printer."""

import argparse
import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from printing.errors import PrintingError
from printing.languages.names import LANGUAGES
from printing.languages.registry import find_language
from printing.profile import PrinterProfile
from printing.templates.sheets import SHEETS
from printing.transports.files import write_whole

EXIT_OK = 0
EXIT_BAD_INPUT = 2
EXIT_CANNOT_WRITE = 4

#: heads sold as 300 dpi have 11.81 or 12 dots/mm; a printer's profile says which, the verb takes the former
_DOTS_PER_MM = {203: 8.0, 300: 11.81}
_LONGEST_FILE = 4_000_000


def run(argv: Sequence[str]) -> int:
    """Run the verb with the words after `label`.

    Returns: 0 done; 2 wrong words on the command line or content that is no label; 4 the file cannot be
        written.
    """
    try:
        wish = _parser().parse_args(argv)
    except SystemExit as end:
        return EXIT_OK if end.code in {0, None} else EXIT_BAD_INPUT
    try:
        result = _make(wish)
    except PrintingError as error:
        return _fail(wish, error.code, str(error), EXIT_BAD_INPUT)
    except _UnreadableError as error:
        return _fail(wish, "label.unreadable", str(error), EXIT_BAD_INPUT)
    except OSError as error:
        sentence = f"{wish.out} cannot be written: {error.strerror or error}"
        return _fail(wish, "label.cannot_write", sentence, EXIT_CANNOT_WRITE)
    _say(wish, result)
    return EXIT_OK


class _UnreadableError(Exception):
    """The content file cannot be read."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="packdesk label", description="Turn a label content file into printer bytes."
    )
    parser.add_argument("--content", type=Path, required=True, metavar="FILE.json", help="label content")
    parser.add_argument("--size", choices=sorted(SHEETS), required=True, help="paper in millimetres")
    parser.add_argument("--dpi", type=int, choices=sorted(_DOTS_PER_MM), default=203, help="print head")
    parser.add_argument("--language", choices=LANGUAGES, required=True, help="printer language")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the bytes go")
    parser.add_argument("--json", action="store_true", help="answer with one JSON object")
    return parser


def _make(wish: argparse.Namespace) -> dict[str, object]:
    profile = PrinterProfile(
        key="label-verb",
        name="label",
        address="memory:",
        language=wish.language,
        size=wish.size,
        dots_per_mm=_DOTS_PER_MM[wish.dpi],
    )
    source = _read(wish.content)

    from PySide6.QtGui import QGuiApplication

    from printing.label import read_label
    from printing.render import LabelRenderer

    content = read_label(source)
    with contextlib.ExitStack() as stack:
        if QGuiApplication.instance() is None:
            application = QGuiApplication(["packdesk", "-platform", "offscreen"])
            stack.callback(application.shutdown)
        label = LabelRenderer().render(content, wish.size, profile.resolution)
    data = find_language(wish.language).encode(label.bitmap, profile)
    write_whole(wish.out, data)
    return {
        "file": str(wish.out),
        "language": wish.language,
        "bytes": len(data),
        "width_dots": label.bitmap.width_dots,
        "height_dots": label.bitmap.height_dots,
        "warnings": [
            {"code": warning.code, "sentence": warning.sentence, **dict(warning.facts)} for warning in label.warnings
        ],
    }


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            source = file.read(_LONGEST_FILE + 1)
    except OSError as error:
        raise _UnreadableError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(source) > _LONGEST_FILE:
        raise _UnreadableError(f"{path} is far too long for label content")
    return source


def _say(wish: argparse.Namespace, result: dict[str, object]) -> None:
    if wish.json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        return
    width, height = result["width_dots"], result["height_dots"]
    sys.stdout.write(f"{result['file']}: {result['bytes']} bytes, {width}x{height} dots\n")
    warnings = result["warnings"]
    assert isinstance(warnings, list)  # noqa: S101  # made a few lines above; tells the type checker
    for warning in warnings:
        sys.stderr.write(f"warning: {warning['sentence']}\n")


def _fail(wish: argparse.Namespace, code: str, sentence: str, exit_code: int) -> int:
    if wish.json:
        sys.stdout.write(json.dumps({"error": code, "sentence": sentence}, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(f"packdesk label: {sentence}\n")
    return exit_code
