"""Every file that leaves with records in it passes here, before it has its name: who, what, how many, why."""

from core.db.unit_of_work import UnitOfWork
from core.runtime.errors import Refused

#: why personal data may leave in a file. Codes, no free text, as for looking at a receiver
EXPORT_REASONS = ("ship_elsewhere", "accounting", "platform_asks", "buyer_asks", "moving_house")
#: the journal's subject of every export
SUBJECT = "export"


def record_export(
    uow: UnitOfWork, kind: str, *, rows: int, digest: str, reason: str = "", shop_id: int = 0, is_personal: bool
) -> None:
    """Write down an export; the file gets its name only after this is committed.

    Args:
        uow: the open transaction.
        kind: orders | stock | shipping | rejected.
        rows: how many rows the file has.
        digest: SHA-256 of its bytes, by which a file found later is recognised.
        reason: why, one of `EXPORT_REASONS`; needed where it holds personal data.
        shop_id: whose orders, 0 for all.
        is_personal: whether receivers stand in it.

    Raises:
        Refused: `export.reason_unknown`.
    """
    if is_personal and reason not in EXPORT_REASONS:
        raise Refused("export.reason_unknown", f"there is no such reason for an export: {reason}")
    facts = {"kind": kind, "rows": rows, "sha256": digest, "why": reason, "is_personal": is_personal}
    uow.record("file.exported", SUBJECT, shop_id, **facts)
