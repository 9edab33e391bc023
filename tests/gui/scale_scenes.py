"""Pictures of a desk with a scale, of what cannot go on, and of parcels for one door."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from PySide6.QtWidgets import QFrame, QScrollArea

from core.fulfilment.records import Apart, Companion, Lookalike, Together
from desktop.commands import Command
from desktop.scale.state import Condition
from desktop.shell.window import DeskWindow
from tests.gui.settling import opened, settle, settled
from tests.simulators.serial_scale import SerialScale
from tests.support.desk_world import GOODS, START, DeskWorld


def scale_scenes(window: DeskWindow, world: DeskWorld, scale: SerialScale) -> dict[str, Callable[[], None]]:
    """A desk with a scale, things that cannot go on, and parcels for one door."""
    presenter = window.parts.packing
    milk, bottle = (goods.barcode for goods in GOODS[:2])

    def weight(condition: Condition, grams: int | None = None) -> None:
        settled(
            lambda: presenter.screen.scale.condition is condition and grams in {None, presenter.screen.scale.grams}
        )

    def put(grams: int) -> None:
        scale.put(grams)
        weight(Condition.STEADY, grams)

    def packing() -> None:
        weight(Condition.STEADY, 0)
        opened(window, milk)
        put(1240)

    def light() -> None:
        presenter.scan(milk)
        presenter.scan(bottle)
        presenter.press(Command.HAND)
        settle(60)
        scale.put(0)
        weight(Condition.STEADY, 0)
        put(1790)
        presenter.scan("7312345678001")

    def gone() -> None:
        scale.unplug()
        weight(Condition.GONE)
        presenter.press(Command.BACK)
        presenter._weighing._doubt = None  # the clock stands still here, and a scan at once again is a bounce
        presenter.scan("7312345678001")

    def damaged() -> None:
        presenter.press(Command.BACK)
        presenter.press(Command.UNDO)
        presenter.press(Command.EXCEPTION)
        presenter.press(Command.REASON, 2)

    def parked() -> None:
        presenter.press(Command.BACK)
        presenter.press(Command.EXCEPTION)
        presenter.press(Command.REASON, 1)
        settle(60)
        for reason in (1, 3):
            presenter.press(Command.NEXT)
            presenter.press(Command.EXCEPTION)
            presenter.press(Command.REASON, reason)
            settle(60)
        world.parked_rows[1] = replace(world.parked_rows[1], can_go_on=True)
        presenter.on_changed()

    def parked_in_waves() -> None:
        world.start_wave("scan_to_print", 4)
        presenter.on_changed()

    def companions() -> None:
        parcels = [world.add_parcel((GOODS[1], 1)) for _ in range(4)]
        said_at = START - timedelta(minutes=6)
        world.companions = tuple(Companion(one.id, 0, one.order_nos, Together.ASKED, said_at) for one in parcels[1:3])
        world.apart = (Lookalike(parcels[3].id, parcels[3].order_nos, Apart.DIFFERS),)
        presenter.press(Command.NEXT)
        settle(60)
        presenter._board.show(companions=world.companions, apart=world.apart)

    def merged() -> None:
        presenter.press(Command.MERGE)

    def trial() -> None:
        scale.plug_in()
        weight(Condition.STEADY)
        window.go("settings")
        settle(100)
        area = window.page("settings").findChild(QScrollArea)
        area.ensureWidgetVisible(window.findChild(QFrame, "settings.scale"))

    return {
        "40-scale": packing,
        "41-light": light,
        "42-scale-gone": gone,
        "43-damaged": damaged,
        "44-parked": parked,
        "45-parked-waves": parked_in_waves,
        "46-companions": companions,
        "47-merged": merged,
        "48-scale-settings": trial,
    }
