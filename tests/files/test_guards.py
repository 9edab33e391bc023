"""Hostile and broken files: each refused with its own sentence, and none of them holds the desk up."""

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
import rustpy_xlsxwriter

from core.files import guards, reading
from core.files.progress import Progress
from core.files.reading import read_table
from core.runtime.errors import DomainError, Refused

NOW = datetime(2026, 6, 18, 4, 0, tzinfo=UTC)
SHEET = "xl/worksheets/sheet1.xml"


def workbook(**cells: str) -> bytes:
    out = io.BytesIO()
    rustpy_xlsxwriter.write_worksheet([cells or {"订单号": "1", "数量": "2"}] * 3, out)
    return out.getvalue()


def changed(act: Callable[[dict[str, bytes]], None], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A real workbook with other entries."""
    with zipfile.ZipFile(io.BytesIO(workbook())) as book:
        entries = {name: book.read(name) for name in book.namelist()}
    act(entries)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as book:
        for name, body in entries.items():
            book.writestr(name, body)
    return out.getvalue()


def with_entry(name: str, body: bytes) -> bytes:
    return changed(lambda entries: entries.update({name: body}))


def in_sheet(old: bytes, new: bytes) -> bytes:
    def act(entries: dict[str, bytes]) -> None:
        assert old in entries[SHEET]
        entries[SHEET] = entries[SHEET].replace(old, new)

    return changed(act)


def refused(tmp_path: Path, data: bytes, name: str = "a.xlsx") -> str:
    path = tmp_path / name
    path.write_bytes(data)
    began = time.monotonic()
    with pytest.raises(DomainError) as error:
        read_table(path, NOW)
    assert time.monotonic() - began < 20
    return error.value.code


def lying_size() -> bytes:
    """An entry that unpacks to 40 MB and declares its first 1,000 bytes, in both of its headers."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b"<x/>" * 10_000_000) + packer.flush()
    name = SHEET.encode()
    crc = zlib.crc32(b"<x/>" * 250)
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(packed), 1000, len(name), 0)
    entry = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, len(packed), 1000, len(name), 0, 0, 0, 0, 0, 0
    )
    body = local + name + packed
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(entry) + len(name), len(body), 0)
    return body + entry + name + end


def overlapping() -> bytes:
    """Two directory entries over the same bytes."""
    data = changed(lambda entries: None, zipfile.ZIP_STORED)
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        start = book.start_dir
        infos = sorted(book.infolist(), key=lambda info: info.header_offset)
    place = data.index(struct.pack("<I", infos[1].header_offset), start)
    shifted = struct.pack("<I", infos[0].header_offset + 4)
    return data[:place] + shifted + data[place + 4 :]


FAR = [
    b'<c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c>',
    b"<c r='XFD1' t='inlineStr'><is><t>x</t></is></c>",
    b'<c r="A1048576" t="inlineStr"><is><t>x</t></is></c>',
    b'<c\tr = "JA7" t="inlineStr"><is><t>x</t></is></c>',
    b'<c\nr="JA7" t="inlineStr"><is><t>x</t></is></c>',
    b'<c r\t="XFD1" t="inlineStr"><is><t>x</t></is></c>',
    b'<c r=\r\n"XFD1" t="inlineStr"><is><t>x</t></is></c>',
]
HOSTILE = {
    "empty": (b"", "files.empty"),
    "too large": (b"a,b\n" * 6_000_000, "files.too_large"),
    "bomb by declared size": (with_entry("xl/media/a.xml", bytes(60 * 1024 * 1024)), "files.bomb"),
    "bomb by ratio": (with_entry("xl/media/a.xml", bytes(20 * 1024 * 1024)), "files.bomb"),
    "bomb that lies": (lying_size(), "files.damaged"),
    "many entries": (
        changed(lambda entries: entries.update({f"xl/x{n}.xml": b"<x/>" for n in range(300)})),
        "files.bomb",
    ),
    "overlapping entries": (overlapping(), "files.nested"),
    "nested archive": (with_entry("xl/embeddings/inner.bin", workbook()), "files.nested"),
    "nested by name": (with_entry("xl/a.zip", b"nothing"), "files.nested"),
    "encrypted": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le"),
        "files.encrypted",
    ),
    "old xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "files.old_xls"),
    "xls that is html": (b"<html><table><tr><td>1</td></tr></table></html>", "files.is_html"),
    "html with a mark": (b"\xef\xbb\xbf\r\n<META charset=utf-8><table>", "files.is_html"),
    "xlsm": (with_entry("xl/vbaProject.bin", b"macro"), "files.has_macros"),
    "xlsm by its types": (
        changed(
            lambda entries: entries.update(
                {
                    "[Content_Types].xml": entries["[Content_Types].xml"].replace(
                        b"spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main"
                    )
                }
            )
        ),
        "files.has_macros",
    ),
    "archive that is no workbook": (changed(lambda entries: entries.pop("xl/workbook.xml")), "files.not_a_workbook"),
    "external links": (with_entry("xl/externalLinks/externalLink1.xml", b"<externalLink/>"), "files.external_links"),
    "doctype": (
        in_sheet(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><worksheet'),
        "files.doctype",
    ),
    "entity in shared strings": (
        with_entry("xl/sharedStrings.xml", b'<!DOCTYPE sst [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst>&a;</sst>'),
        "files.doctype",
    ),
    "merged cells": (
        in_sheet(
            b"</sheetData>", b"</sheetData><mergeCells>" + b'<mergeCell ref="A1:A2"/>' * 1_000_000 + b"</mergeCells>"
        ),
        "files.bomb",
    ),
    "merged cells, packed badly": (
        changed(
            lambda entries: entries.update(
                {
                    SHEET: entries[SHEET].replace(
                        b"</sheetData>",
                        b"</sheetData><mergeCells>"
                        + b"".join(b'<mergeCell ref="A%d:A%d"/>' % (n, zlib.crc32(b"%d" % n)) for n in range(300_000))
                        + b"</mergeCells>",
                    )
                }
            )
        ),
        "files.too_many_merged",
    ),
    "cut in two": (workbook()[:700], "files.damaged"),
    "garbage behind the mark": (b"PK\3\4" + bytes(range(256)) * 4, "files.damaged"),
    "text of no encoding": (b"a,b\n\xff\xff\xfe\x81,1\n", "files.encoding"),
    "text with NUL": (b"a,b\n1,\x002\n", "files.encoding"),
    "a header alone": ("订单号,数量\n".encode(), "files.no_rows"),
    "a quote that never closes": (b'a,b\n1,"' + b"x" * 200_000, "files.damaged"),
} | {
    f"far cell {n}": (in_sheet(b"</sheetData>", b'<row r="9">' + cell + b"</row></sheetData>"), "files.sheet_too_big")
    for n, cell in enumerate(FAR)
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_its_own_words(tmp_path: Path, name: str):
    data, code = HOSTILE[name]
    assert refused(tmp_path, data) == code


def test_a_shared_string_that_is_not_there_harms_nobody(tmp_path: Path):
    data = in_sheet(b"</sheetData>", b'<row r="9"><c r="A9" t="s"><v>4000000000</v></c></row></sheetData>')
    # The reader neither dies nor reads beside its table.
    assert refused(tmp_path, data) == "files.damaged"


def test_a_dimension_that_lies_costs_nothing(tmp_path: Path):
    data = in_sheet(b'<dimension ref="A1:B4"/>', b'<dimension ref="A1:XFD1048576"/>')
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    assert len(read_table(path, NOW).rows) == 3


def test_a_reader_that_eats_memory_dies_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    start = (
        reading._START.replace("main()", "")
        + "import core.files.child as c; c._bind_limits(); x = bytearray(3 << 30)"
    )
    monkeypatch.setattr(reading, "_START", start)
    assert refused(tmp_path, workbook()) == "files.too_heavy"


def test_a_reader_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "_START", "import sys; sys.stdin.read() if 0 else None\nwhile True: pass")
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook())
    with pytest.raises(Refused) as error:
        read_table(path, NOW, most_s=0.5)
    assert error.value.code == "files.too_heavy"


def test_reading_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "_START", "while True: pass")
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook())
    progress = Progress()
    progress.cancel()
    with pytest.raises(Refused) as error:
        read_table(path, NOW, progress)
    assert error.value.code == "files.cancelled"


def test_progress_is_shown(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,2\n" * 5000)
    progress = Progress()
    read_table(path, NOW, progress)
    assert (progress.done, progress.total) == (5001, 5001)


def test_no_such_file(tmp_path: Path):
    with pytest.raises(DomainError) as error:
        read_table(tmp_path / "nowhere.xlsx", NOW)
    assert error.value.code == "files.no_file"


def test_openpyxl_would_read_xml_defused():
    assert openpyxl.DEFUSEDXML


def test_the_guards_count_for_themselves():
    with pytest.raises(Refused) as error:
        guards.check_workbook(lying_size())
    assert error.value.code == "files.damaged"
    assert guards.check_workbook(workbook()).startswith("20")
