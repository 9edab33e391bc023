"""By which paths the rounds look: every few seconds, for years, through tables that only grow."""

import pytest

from core.alerts import engine
from core.alerts.deciding import Seen
from core.alerts.watched import WATCHED
from core.orders.watches import orders_short, paid_no_stock
from tests.support.plans import plans_on, walks

#: a row for each shop, channel, program or day, or for what is seldom
SMALL = {
    "shop",
    "shop_grant",
    "cursor",
    "setting",
    "alert_channel",
    "alert_mute",
    "payment_gateway",
    "payment_bill",
    "comparison",
    "door_node",
    "sale_pause",
    # few at any time: what cannot be taken in, until it can
    "unread_order",
}
#: an index that holds only what is open, or what was asked for
OPEN = (
    *("ix_print_job_open", "ix_stock_level_blocked", "uq_alert_standing", "ids_set", "(subquery-1)"),
    *("ix_spare_link_loud", "ix_sale_stop_open", "uq_breaker_trip_open"),
    *("ix_after_sale_case_to_answer", "ix_reconciliation_unseen"),
)
#: another plan's matter; and what has to add up every quota's cover, of which there is one for each link
NOT_HERE = {"quotas", "rights without goods"}


def strays(steps):
    return {step for step in steps if step.split()[1] not in SMALL and not any(name in step for name in OPEN)}


@pytest.mark.parametrize("watched", [one for one in WATCHED if one.name not in NOT_HERE], ids=lambda one: one.name)
def test_no_watch_walks_through_a_table_that_grows(watched, file_world):
    now = file_world.clock.now()
    assert strays(walks(file_world.store, lambda connection: watched.watch(connection, now))) == set()


def test_comparing_with_what_stood_reads_only_what_stands(file_world):
    seen, now = Seen((), frozenset({"x"})), file_world.clock.now()
    assert strays(walks(file_world.store, lambda connection: engine.look(connection, seen, now))) == set()


def test_what_is_held_is_asked_for_in_the_words_of_its_index(file_world):
    """A prepared statement is planned once for all values: what is said by a value proves nothing to the server."""
    now = file_world.clock.now()
    for watch in (orders_short, paid_no_stock):
        asked = file_world.store.read(
            lambda connection, watch=watch: plans_on(connection, lambda: watch(connection, now))
        )
        assert all("orders.hold_reason <> ''" in statement for statement, _ in asked), asked
