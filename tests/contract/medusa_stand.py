"""The adapter of Medusa in front of the simulated server; three rows to a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core.channels.medusa.channel import MedusaChannel
from core.channels.medusa.client import MedusaClient, MedusaKey
from core.channels.medusa.facts import CAPABILITIES
from core.channels.medusa.mapper import NOTE_KEY, Reading
from core.runtime.clock import ManualClock
from tests.contract.platform_stand import PlatformStand, Way, way_to
from tests.simulators.platforms.medusa import SECRET_KEY, MedusaServer
from tests.simulators.platforms.medusa_shop import medusa_shop

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


def medusa_channel(server: MedusaServer, way: Way, key: MedusaKey | None = None, page_size: int = 3) -> MedusaChannel:
    """The adapter, with the names under which this shop keeps its notes."""
    rows = server.orders.rows
    # Which names stand for the two notes is the storefront's choice, and ours.
    rows.seller_note_key = NOTE_KEY
    client = MedusaClient(way.place, way.http, key or MedusaKey(SECRET_KEY))
    return MedusaChannel(
        client,
        reading=Reading(note_field=rows.buyer_note_key),
        capabilities=replace(CAPABILITIES, page_size=page_size),
    )


@contextmanager
def medusa_stand(_data_dir: Path) -> Iterator[PlatformStand]:
    """A running simulator and the adapter in front of it."""
    clock = ManualClock(START)
    with MedusaServer(medusa_shop(clock.now)) as server:
        way = way_to(server, clock)
        with way.http:
            # A refund names no line there, a paid order is never kept back, and nobody asks for money before it is sent.
            cannot = frozenset({"refund_line", "stop", "ask_refund"})
            channel, stranger = medusa_channel(server, way), medusa_channel(server, way, MedusaKey("sk_wrong"))
            yield PlatformStand(server, way, channel, stranger, cannot=cannot)
