"""Everything about alerts of one program, built together: what looks, what tells, and its page's two services."""

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import select

from core.alerts.models import AlertChannel
from core.alerts.notifiers.ways import WaysOut
from core.alerts.records import Watched
from core.alerts.rounds import Rounds, rules_of
from core.alerts.sending import Carrier
from core.alerts.telling import lane_of
from core.alerts.watched import WATCHED
from core.alerts.watches import machine_watches
from core.alerts.wording import Say, no_words
from core.db.backup import Newest
from core.db.unit_of_work import Store
from core.desk.alert_settings import AlertSettings
from core.desk.alerts import Alerts


class Alerting:
    """One program's share: at any moment one of several goes the rounds, and any of them carries messages."""

    def __init__(
        self, store: Store, ways: WaysOut, holder: str, watched: Sequence[Watched], say: Say | None = None
    ) -> None:
        """Nothing runs yet.

        Args:
            store: the database.
            ways: opens robots and mail accounts.
            holder: names this program among all that share the database.
            watched: what is looked at.
            say: finds the words of messages.
        """
        rules = rules_of(watched)
        self._store = store
        self.rounds = Rounds(store, watched, holder)
        self.carrier = Carrier(store, ways, say or no_words)
        self.alerts = Alerts(store, rules)
        self.settings = AlertSettings(store, rules, self.carrier)

    def lanes(self) -> tuple[str, ...]:
        """The outbox lanes of all channels; one that is switched off hands on what still waits for it."""
        query = select(AlertChannel.id).order_by(AlertChannel.id)
        return tuple(lane_of(row.id) for row in self._store.read(lambda connection: connection.execute(query).all()))


def everything_watched(folder: Path, newest_backup: Callable[[], Newest | None]) -> tuple[Watched, ...]:
    """All watches of this version, with those of this machine; as `machine_watches`."""
    return (*WATCHED, *machine_watches(folder, newest_backup))
