"""The hand-over sheet on paper: a PDF with every number, and the short form for the label printer."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont

from core.fulfilment.handover_records import SheetLine, SheetPaper
from desktop.formats import kilograms
from desktop.pages.printers.ports import PrintSlip, SlipDraft
from desktop.paper import CENTRE, HEIGHT_MM, RIGHT, WIDTH_MM, Paper, a4_pdf
from desktop.texts import Texts

_MARGIN: Final = 12.0
_WIDE: Final = WIDTH_MM - 2 * _MARGIN
_COLUMNS: Final = 3
_ROW: Final = 5.2
_HEAD: Final = 58.0
#: the head of the further pages: no more than whose they are
_SHORT_HEAD: Final = 24.0
_SIGNING: Final = 34.0
_FOOT: Final = HEIGHT_MM - 16.0
#: what the courier and the clerk write by hand
_BLANKS: Final = ("courier", "signature", "time")


class SheetPapers:
    """Puts sheets on paper in the language of the desk. Runs in any thread."""

    def __init__(self, folder: Path, texts: Texts, font: QFont, print_slip: PrintSlip | None) -> None:
        """`print_slip` sends to this desk's label printer and gives its name; None where nothing is printed."""
        self._folder = folder
        self._texts = texts
        self._font = font
        self._print_slip = print_slip

    @property
    def has_label_printer(self) -> bool:
        """Whether the short form can be had."""
        return self._print_slip is not None

    def write(self, paper: SheetPaper) -> Path:
        """Write the PDF and say where it is.

        Raises:
            Unavailable: `files.cannot_write`.
        """
        name = f"{paper.code}-copy{paper.copy_no}.pdf" if paper.copy_no else f"{paper.code}.pdf"
        path = self._folder / name
        pages = _pages(paper.lines)
        with a4_pdf(path, f"{self._texts.t('paper.title')} {paper.code}", self._font) as sheet:
            first = 0
            for number, lines in enumerate(pages, 1):
                if number > 1:
                    sheet.next_page()
                top = self._head(sheet, paper) if number == 1 else self._short_head(sheet, paper)
                self._list(sheet, lines, first, top)
                first += len(lines)
                if number == len(pages):
                    self._signing(sheet)
                words = self._texts.t("paper.page", code=paper.code, page=number, pages=len(pages))
                sheet.text(QRectF(_MARGIN, HEIGHT_MM - 12, _WIDE, 5), words, 3.0, CENTRE)
        return path

    def print_short(self, paper: SheetPaper) -> str:
        """Print the short form; gives the printer's name.

        Raises:
            Refused: what the printer or its wire says.
        """
        if self._print_slip is None:
            raise RuntimeError("nothing is printed here")
        texts = self._texts
        return self._print_slip(
            SlipDraft(
                title=texts.t("paper.title"),
                code=paper.code,
                large=texts.t("paper.count", n=len(paper.lines)),
                facts=tuple(texts.t(f"paper.{name}.line", value=value) for name, value in self._facts(paper)),
                blanks=tuple(texts.t(f"paper.{name}") for name in _BLANKS),
                mark=self._mark(paper),
            )
        )

    def _mark(self, paper: SheetPaper) -> str:
        return self._texts.t("paper.copy", n=paper.copy_no) if paper.copy_no else ""

    def _facts(self, paper: SheetPaper) -> list[tuple[str, str]]:
        facts = [
            ("carrier", paper.carrier_name),
            ("desk", paper.desk),
            ("clerk", paper.clerk),
            ("printed", _moment(paper.printed_at)),
        ]
        if paper.closed_at is not None:
            facts.append(("closed", _moment(paper.closed_at)))
        facts.append(("shops", self._texts.t("list.comma").join(paper.shops)))
        weighed = [line.weight_g for line in paper.lines if line.weight_g]
        if weighed:
            facts.append(("weight", kilograms(sum(weighed))))
        return facts

    def _head(self, sheet: Paper, paper: SheetPaper) -> float:
        texts = self._texts
        sheet.text(QRectF(_MARGIN, 10, 90, 10), texts.t("paper.title"), 7.5, is_bold=True)
        sheet.text(QRectF(_MARGIN, 20, 90, 7), self._mark(paper), 4.6, is_bold=True)
        sheet.code128(QRectF(WIDTH_MM - _MARGIN - 76, 10, 76, 11), paper.code)
        sheet.text(QRectF(WIDTH_MM - _MARGIN - 76, 21.5, 76, 5), paper.code, 3.6, CENTRE)
        for place, (name, value) in enumerate(self._facts(paper)):
            left, y = _MARGIN + place % 2 * 68, 29 + place // 2 * 6
            sheet.text(QRectF(left, y, 66, 6), texts.t(f"paper.{name}.line", value=value), 3.6)
        sheet.text(
            QRectF(WIDTH_MM - _MARGIN - 50, 31, 50, 16),
            texts.t("paper.count", n=len(paper.lines)),
            10,
            RIGHT,
            is_bold=True,
        )
        sheet.line(_MARGIN, _HEAD - 3, WIDTH_MM - _MARGIN, 0.4)
        return _HEAD

    def _short_head(self, sheet: Paper, paper: SheetPaper) -> float:
        words = f"{self._texts.t('paper.title')}  {paper.code}  {paper.carrier_name}  {self._mark(paper)}"
        sheet.text(QRectF(_MARGIN, 12, _WIDE, 6), words.strip(), 4, is_bold=True)
        sheet.line(_MARGIN, _SHORT_HEAD - 3, WIDTH_MM - _MARGIN, 0.4)
        return _SHORT_HEAD

    def _list(self, sheet: Paper, lines: Sequence[SheetLine], first: int, top: float) -> None:
        cell = _WIDE / _COLUMNS
        rows = -(-len(lines) // _COLUMNS)
        for place, line in enumerate(lines):
            left, y = _MARGIN + place // rows * cell, top + place % rows * _ROW
            sheet.text(QRectF(left, y, 8, _ROW), str(first + place + 1), 2.7, RIGHT)
            sheet.text(QRectF(left + 9.5, y, 34, _ROW), line.number, 3.3)
            if line.weight_g:
                sheet.text(QRectF(left + 44, y, cell - 46, _ROW), kilograms(line.weight_g), 2.8, RIGHT)

    def _signing(self, sheet: Paper) -> None:
        top, wide = _FOOT - _SIGNING, _WIDE / len(_BLANKS)
        words = self._texts.t("paper.signing")
        sheet.line(_MARGIN, top + 3, WIDTH_MM - _MARGIN, 0.4)
        sheet.text(QRectF(_MARGIN, top + 5, _WIDE, 6), words, 3.4)
        for place, name in enumerate(_BLANKS):
            left = _MARGIN + place * wide
            sheet.line(left, top + 26, left + wide - 6)
            sheet.text(QRectF(left, top + 27, wide - 6, 5), self._texts.t(f"paper.{name}"), 3.2)


def _pages(lines: Sequence[SheetLine]) -> list[Sequence[SheetLine]]:
    """The lines of each page; the last one has room to sign."""
    pages: list[Sequence[SheetLine]] = []
    rest = lines
    while True:
        head = _SHORT_HEAD if pages else _HEAD
        whole = int((_FOOT - head) / _ROW) * _COLUMNS
        signed = int((_FOOT - _SIGNING - head) / _ROW) * _COLUMNS
        if len(rest) <= signed:
            return [*pages, rest]
        # What would just fit without signatures is shared: the last page shall not stand empty.
        taken = signed if len(rest) <= whole else whole
        pages.append(rest[:taken])
        rest = rest[taken:]


def _moment(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
