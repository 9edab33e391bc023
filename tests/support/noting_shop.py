"""The honest shop in memory, with seller's notes that can be written there, and what its own people write."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select, update

from core.channels.contract import UNKNOWN_ORDER, ChannelOrder
from core.channels.models import Shop
from core.channels.plugin import ChannelPlugin
from core.channels.shop_contract import Flag
from core.db.models import Outbox
from core.orders.noting import WRITE_NOTE
from core.orders.records import NoteView
from core.runtime.errors import DomainError
from core.runtime.remote_errors import ChannelError, Rejected
from core.sync.deliveries import DeliveryRow
from tests.support.fake_shop import FakeShop
from tests.support.world import World


class NotingShop(FakeShop):
    """Takes notes and flags; `tells_flags` False for platforms that take a flag and never name it."""

    tells_flags = True
    #: what happens at the next calls after the note was stored: the answer is lost
    losses: list[ChannelError]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"writes_notes": True} | more)
        self.notes: list[tuple[str, str, str | None]] = []
        self.flags: dict[str, str] = {}
        self.losses = []

    def write_note(self, order_no: str, text: str, flag: Flag | None = None) -> None:
        """Keep the note, and the flag where one is said."""
        self._answer("note")
        if order_no not in self.orders:
            raise Rejected("there is no such order", code=UNKNOWN_ORDER)
        if len(text) > 300:
            raise Rejected("300 characters at most", code="note_too_long")
        self.notes.append((order_no, text, flag))
        self.people_write(order_no, text, flag)
        if self.losses:
            raise self.losses.pop(0)

    def people_write(self, no: str, text: str, flag: str | None = None) -> ChannelOrder:
        """Somebody writes in the shop's own pages."""
        if flag is not None:
            self.flags[no] = str(flag)
        told = self.flags.get(no, "") if self.tells_flags else None
        return self.change(no, seller_note=text, seller_flag=told)


def take_notes(world: World, *, is_on: bool = True, **capabilities: Any) -> NotingShop:
    """Let a world's shop take notes; `is_on`: its owner lets them be written."""
    shop = NotingShop(world.clock, **capabilities)
    world.shop = shop
    plugin = ChannelPlugin("fake", "练习", "Practice", (), shop.capabilities, lambda *_: shop)
    world.desk.kinds = SimpleNamespace(get=lambda _channel: plugin)
    switch(world, writes_notes=is_on)
    return shop


def switch(world: World, **switches: bool) -> None:
    """The shop's switches as they stand in the records."""
    world.do(lambda uow: uow.execute(update(Shop).values(**switches)))


def write(world: World, no: str, text: str, flag: str = "") -> None:
    """A clerk opens the order, and writes."""
    order_id = world.order(no).id
    world.desk.notes.write(order_id, text, flag, world.desk.notes.note(order_id))


def refusal(act: Any) -> str:
    """The code with which an act is refused."""
    try:
        act()
    except DomainError as error:
        return error.code
    raise AssertionError("it was not refused")


def noted(shop: NotingShop, no: str) -> tuple[str, str]:
    """What stands at the platform."""
    return replace(shop.orders[no]).seller_note, shop.flags.get(no, "")


def view(world: World, no: str = "A1") -> NoteView:
    """The note of an order as its drawer has it."""
    return world.desk.notes.note(world.order(no).id)


def queued(world: World) -> list[tuple[str, str]]:
    """Number and state of every delivery of a note."""
    rows = world.rows(select(*Outbox.__table__.c).where(Outbox.kind == WRITE_NOTE).order_by(Outbox.id))
    return [(row.key.partition(":")[2], row.state) for row in rows]


def listed(world: World, pile: str) -> list[DeliveryRow]:
    """Notes in a pile of the page of deliveries."""
    return [row for row in world.desk.activity.page(pile, None, 9).rows if row.kind == WRITE_NOTE]
