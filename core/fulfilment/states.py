"""What states of a parcel mean to a query."""

#: what a query has to say literally, so that SQLite knows that the index of open parcels answers it
IS_OPEN = "state NOT IN ('shipped', 'cancelled')"
