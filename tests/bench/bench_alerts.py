"""Alerts: what a look of each watch, and a round in which nothing changed, cost with a million orders stored.

    python -m tests.bench.bench_alerts [--quick] [--keep FOLDER]

The bars: what looks every few seconds costs less than 50 ms together, what looks each minute or less often less than
500 ms each, so that a cause is an alert within the 5 s of a round and half a second.
"""

from collections.abc import Sequence

from core.alerts import engine
from core.alerts.deciding import Seen
from core.alerts.watched import WATCHED
from tests.bench.files import LARGE, MIDDLE, large_file, options_of
from tests.bench.measure import median_ms, show, verdict

OFTEN_S, OFTEN_MS, SELDOM_MS = 15.0, 50.0, 500.0


def main(arguments: Sequence[str] | None = None) -> bool:
    """Print the cost of each look; True when the bars are met."""
    options = options_of(__doc__, arguments)
    with large_file(options, MIDDLE if options.quick else LARGE) as file:
        store = file.store
        now = store.clock.now()
        seen = Seen((), frozenset())
        looks = {
            one.name: median_ms(lambda one=one: store.read(lambda connection: one.watch(connection, now)), 9)
            for one in WATCHED
        }
        quiet = median_ms(lambda: store.read(lambda connection: engine.look(connection, seen, now)), 9)
    rows = [(one.name, one.every_s, *looks[one.name]) for one in WATCHED]
    show("looks", ("watch", "every s", "median ms", "worst ms"), [*rows, ("nothing changed", 5.0, *quiet)])
    often = sum(looks[one.name][0] for one in WATCHED if one.every_s <= OFTEN_S) + quiet[0]
    seldom = max(looks[one.name][0] for one in WATCHED if one.every_s > OFTEN_S)
    is_met = verdict("every few seconds, together (ms)", often, OFTEN_MS, higher_is_better=False)
    return verdict("the dearest of the others (ms)", seldom, SELDOM_MS, higher_is_better=False) and is_met


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
