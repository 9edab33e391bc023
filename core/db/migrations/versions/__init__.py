"""The revisions, oldest first. The list is explicit: a frozen program has no folder to look into."""

from importlib import import_module
from typing import Protocol, cast

#: module names in order; the last is the schema this program knows
_MODULES = (
    "0001_first",
    "0002_personal",
    "0003_rest_of_a_box",
    "0004_handover",
    "0005_people",
    "0006_print_data",
    "0007_bins",
    "0008_house_sender",
    "0009_foreign_numbers",
    "0010_allotted",
    "0011_batches",
    "0012_documents",
    "0013_quotas",
    "0014_door",
    "0015_alerts",
    "0016_counting",
    "0017_payments",
    "0018_quota_watches",
    "0019_door_calls",
    "0020_low_stock",
    "0021_replenish",
    "0022_links",
    "0023_shop_grants",
    "0024_door_grace",
    "0025_listings",
    "0026_after_sale",
    "0027_awaits_owner",
    "0028_starting",
    "0029_sync_history",
    "0030_notes",
    "0031_merge_words",
    "0032_display_no",
    "0033_unread_orders",
)


class Revision(Protocol):
    """One step of the schema, as a module of this package.

    A module may also declare `ROW_CHANGES`, `DROPPED_TABLES` or `DROPPED_TRIGGERS` (tuples of names): whatever it
    does not declare must be the same after the step as before.
    """

    revision: str
    down_revision: str | None

    def upgrade(self) -> None:
        """Change the schema through `alembic.op`."""
        ...


def revisions() -> tuple[Revision, ...]:
    """Every revision, loaded, oldest first."""
    return tuple(cast("Revision", import_module(f"{__name__}.{name}")) for name in _MODULES)


def known_revisions() -> tuple[str, ...]:
    """Their numbers, without loading them."""
    return tuple(name.partition("_")[0] for name in _MODULES)
