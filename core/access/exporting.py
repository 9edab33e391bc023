"""Personal data that leaves in a file: by right, for a reason, written down."""

import re

from core.access.gate import confirm
from core.access.records import EXPORT_REASONS, REASONS
from core.access.rights import Right
from core.access.unmasking import SUBJECT
from core.db.unit_of_work import UnitOfWork
from core.runtime.errors import Refused

#: what was exported is a word of ours, never a text that somebody typed
_WHAT = re.compile(r"[a-z][a-z_.]{0,39}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def note_export(uow: UnitOfWork, what: str, count: int, reason: str, sha256: str) -> None:
    """Write down that a file with personal data is handed out; hand it out only when this is committed.

    Args:
        uow: the open transaction.
        what: code of what is in the file (`orders`, `customers`).
        count: records in it.
        reason: one of `REASONS` or `EXPORT_REASONS`.
        sha256: of the file, in hexadecimal digits, so that a file that turns up can be told.

    Raises:
        Refused: `export.reason_unknown`; `right.missing`, `signin.needed`.
        ValueError: `what` or `sha256` is no such thing.
    """
    confirm(uow, Right.EXPORT_PERSONAL)
    if reason not in REASONS and reason not in EXPORT_REASONS:
        raise Refused("export.reason_unknown", f"there is no such reason to export: {reason}")
    if not _WHAT.fullmatch(what) or not _SHA256.fullmatch(sha256):
        raise ValueError("an export is named by a code and a SHA-256")
    uow.record("personal.exported", SUBJECT, 0, what=what, count=count, why=reason, sha256=sha256)


def record_export(
    uow: UnitOfWork, kind: str, *, rows: int, digest: str, reason: str = "", shop_id: int = 0, is_personal: bool
) -> None:
    """Write down a file that leaves with records in it; it gets its name only after this is committed.

    Args:
        uow: the open transaction.
        kind: orders | stock | day | report | shipping | rejected | replenish | supply | shop_start.
        rows: how many rows the file has.
        digest: SHA-256 of its bytes, by which a file found later is recognised.
        reason: why, one of `EXPORT_REASONS`; needed where it holds personal data.
        shop_id: whose orders, 0 for all.
        is_personal: whether receivers stand in it.

    Raises:
        Refused: `export.reason_unknown`, and what `note_export` says of the right.
    """
    if is_personal:
        if reason not in EXPORT_REASONS:
            raise Refused("export.reason_unknown", f"there is no such reason for an export: {reason}")
        note_export(uow, kind, rows, reason, digest)
    facts = {"kind": kind, "rows": rows, "sha256": digest, "why": reason, "is_personal": is_personal}
    uow.record("file.exported", "export", shop_id, **facts)
