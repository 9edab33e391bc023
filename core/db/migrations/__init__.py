"""Schema revisions and the careful way from one to the next.

`versions/` holds one module per revision with `revision`, `down_revision` and `upgrade()`, written with `alembic.op`.
`python -m core.db.migrations first` makes 0001 anew from the tables while nothing is released;
`python -m core.db.migrations new "text"` drafts the next one. See `__main__`.
"""
