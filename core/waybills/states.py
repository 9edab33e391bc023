"""What states of a print job mean to a query."""

OPEN = ("queued", "claimed", "sending", "unknown")
#: what a query has to say literally, so that the databases know that the index of open jobs answers it
IS_OPEN = "state IN ('queued', 'claimed', 'sending', 'unknown')"
