"""What a file must be before a reader may look into it; everything here counts bytes itself and trusts no header.

The limits follow OWASP ASVS 5.0 items 5.2.2 and 5.2.3. A workbook of 20,000 orders has some 20 MB of XML.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping

from core.runtime.errors import Refused

#: as it lies on the disk
MOST_BYTES = 20 * 1024 * 1024
#: unpacked, all entries together
MOST_UNPACKED = 50 * 1024 * 1024
MOST_ENTRIES = 200
#: unpacked bytes for each packed one
MOST_RATIO = 100
#: below this an entry may be as dense as it likes
_SMALL_ENTRY = 256 * 1024
MOST_MERGED = 200_000
MOST_ROWS = 99_999
MOST_COLUMNS = 260

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCAL = struct.Struct("<4s22xHH")
_IS_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_MARKUP = re.compile(rb"\A[\s\xef\xbb\xbf]*<(?:!doctype|html|table|meta|\?xml|head|body)", re.IGNORECASE)
#: a cell or row far outside: a row number of six digits, or a column behind IZ
_FAR = rb"(?:[A-Z]{0,2}[0-9]{6,}|(?:[A-Z]{3,}|[J-Z][A-Z])[0-9]+)"
_FAR_OUT = re.compile(rb' r="' + _FAR + rb'"')
#: the same as no known program writes it; slower, so only where such writing may have been met
_FAR_OUT_ODDLY = re.compile(rb"""\sr\s*=\s*["']""" + _FAR + rb"""["']""")
_NOT_QUOTED = re.compile(rb'r=[^"]')
#: the declaration before the first tag; programs break the line behind it
_DECLARED = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*\?>\r?\n?")
_MODIFIED = re.compile(rb"<dcterms:(?:modified|created)[^>]*>([^<]{10,40})<")


def kind_of(data: bytes) -> str:
    """`xlsx` or `csv`, by what is inside and never by the name.

    Raises:
        Refused: `files.empty`, `files.too_large`, `files.encrypted`, `files.old_xls`, `files.is_html`.
    """
    if not data:
        raise Refused("files.empty", "the file is empty")
    if len(data) > MOST_BYTES:
        raise Refused("files.too_large", f"the file has more than {MOST_BYTES} bytes", megabytes=MOST_BYTES >> 20)
    if data.startswith(_OLE):
        if _ENCRYPTED_PACKAGE in data:
            raise Refused("files.encrypted", "the workbook is protected by a password")
        raise Refused("files.old_xls", "this is an old .xls workbook; save it as .xlsx or CSV")
    if _MARKUP.match(data[:200]):
        raise Refused("files.is_html", "this is a web page under another name; save it as .xlsx or CSV")
    return "xlsx" if data.startswith(_ZIP) else "csv"


def check_workbook(data: bytes) -> str:
    """Look through every entry of a workbook; gives when it says to have been written (ISO, or empty).

    Raises:
        Refused: `files.damaged`, `files.bomb`, `files.nested`, `files.encrypted`, `files.has_macros`,
            `files.external_links`, `files.doctype`, `files.too_many_merged`, `files.sheet_too_big`,
            `files.not_a_workbook`.
    """
    entries = _unpacked(data)
    _check_names(entries)
    for name, body in entries.items():
        _check_entry(name, body)
    found = _MODIFIED.findall(entries.get("docProps/core.xml", b""))
    return max((at.decode("ascii", "replace") for at in found), default="")


def _unpacked(data: bytes) -> Mapping[str, bytes]:
    """Every entry, unpacked and counted by ourselves: what the directory declares is a limit, not a fact."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            infos, end = book.infolist(), book.start_dir
    except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError, RuntimeError) as error:
        raise _damaged() from error
    if len(infos) > MOST_ENTRIES:
        raise _bomb("entries")
    if sum(info.file_size for info in infos) > MOST_UNPACKED:
        raise _bomb("declared size")
    if len({info.filename for info in infos}) != len(infos):
        raise _damaged()
    entries: dict[str, bytes] = {}
    place = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < place:
            raise Refused("files.nested", "entries of the file lie over each other")
        body, place = _entry(data, info)
        entries[info.filename] = body
    if place > end:
        raise Refused("files.nested", "entries of the file lie over each other")
    return entries


def _entry(data: bytes, info: zipfile.ZipInfo) -> tuple[bytes, int]:
    if info.flag_bits & _IS_ENCRYPTED:
        raise Refused("files.encrypted", "the workbook is protected by a password")
    if info.compress_type not in _METHODS:
        raise _damaged()
    if info.file_size > _SMALL_ENTRY and info.file_size > MOST_RATIO * max(info.compress_size, 1):
        raise _bomb("ratio")
    try:
        mark, name_length, extra_length = _LOCAL.unpack_from(data, info.header_offset)
    except struct.error as error:
        raise _damaged() from error
    start = info.header_offset + 30 + name_length + extra_length
    packed = data[start : start + info.compress_size]
    if mark != _ZIP or len(packed) != info.compress_size:
        raise _damaged()
    body = packed if info.compress_type == zipfile.ZIP_STORED else _inflated(packed, info.file_size)
    if len(body) != info.file_size or zlib.crc32(body) != info.CRC:
        raise _damaged()
    return body, start + info.compress_size


def _inflated(packed: bytes, declared: int) -> bytes:
    machine = zlib.decompressobj(-15)
    try:
        # One byte more than was declared is enough to know that more would come.
        return machine.decompress(packed, declared + 1)
    except zlib.error as error:
        raise _damaged() from error


def _check_names(entries: Mapping[str, bytes]) -> None:
    names = {name.lower() for name in entries}
    types = entries.get("[Content_Types].xml", b"")
    if any(name.endswith("vbaproject.bin") for name in names) or b"macroEnabled" in types:
        raise Refused("files.has_macros", "the workbook holds macros; save it as .xlsx without them")
    if not types or "xl/workbook.xml" not in names:
        raise Refused("files.not_a_workbook", "this archive is no .xlsx workbook")
    if any(name.startswith("xl/externallinks/") for name in names):
        raise Refused("files.external_links", "the workbook reads from other files; save its values only")


def _check_entry(name: str, body: bytes) -> None:
    if body.startswith((_ZIP, _OLE)) or name.lower().endswith((".zip", ".xlsx", ".docx", ".rar", ".7z")):
        raise Refused("files.nested", "the workbook holds another file")
    if not name.lower().endswith((".xml", ".rels", ".vml")):
        return
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise Refused("files.doctype", "the workbook's XML declares a document type, which no real one does")
    if b"\0" in body[:4]:
        raise _damaged()
    if name.startswith("xl/worksheets/"):
        if body.count(b"<mergeCell ") > MOST_MERGED:
            raise Refused("files.too_many_merged", f"more than {MOST_MERGED} merged cells", most=MOST_MERGED)
        is_far = _FAR_OUT.search(body) or (_may_be_odd(body) and _FAR_OUT_ODDLY.search(body))
        if is_far:
            raise Refused(
                "files.sheet_too_big",
                f"the sheet reaches beyond {MOST_ROWS} rows or {MOST_COLUMNS} columns",
                rows=MOST_ROWS,
                columns=MOST_COLUMNS,
            )


def _may_be_odd(body: bytes) -> bool:
    """Whether an attribute may be written as no known program writes it. Says yes to some honest text too.

    Each look goes through some 25 MB, and one for a single byte is twenty times as fast as any other.
    """
    if b" =" in body or _NOT_QUOTED.search(body):
        return True
    declared = _DECLARED.match(body)
    start = 0 if declared is None else declared.end()
    for blank in (b"\t", b"\n", b"\r"):
        if body.find(blank, start) >= 0 and (blank + b"r" in body or blank + b"=" in body):
            return True
    return False


def _damaged() -> Refused:
    return Refused("files.damaged", "the file is damaged")


def _bomb(what: str) -> Refused:
    return Refused("files.bomb", f"the file unpacks to far more than a real one ({what})")
