from tests.support.stores import (  # noqa: F401 - fixtures
    clock,
    database_address,
    engine_kind,
    make_store,
    sqlite_template,
    store,
)
