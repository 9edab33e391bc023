"""Every table of the program in one place, for migrations and for tests."""

from importlib import import_module

from sqlalchemy import MetaData

from core.db.base import Base

#: modules whose import declares tables
_MODULES = (
    "core.access.models",
    "core.aftersale.models",
    "core.alerts.models",
    "core.catalog.models",
    "core.channels.models",
    "core.counting.models",
    "core.customers.models",
    "core.db.models",
    "core.fulfilment.models",
    "core.gateway.models",
    "core.inventory.documents.models",
    "core.inventory.models",
    "core.inventory.quotas.models",
    "core.inventory.stopping.models",
    "core.orders.limits.models",
    "core.orders.models",
    "core.orders.search_index",
    "core.orders.settling.models",
    "core.payments.models",
    "core.replenish.models",
    "core.sync.models",
    "core.waybills.models",
)


def all_tables() -> MetaData:
    """The metadata with every subject's tables loaded.

    Imported by name, because `db` stands below the subjects and must not depend on them.
    """
    for module in _MODULES:
        import_module(module)
    return Base.metadata
