"""Puts the page of waves together."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QFont

from core.fulfilment.records import PickRow
from core.fulfilment.wave_records import WaveProgress
from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.waves.page import WavesPage
from desktop.pages.waves.presenter import WavesPresenter
from desktop.ui import Ui
from desktop.widgets.pictures import PictureBook, kept_picture

if TYPE_CHECKING:
    from desktop.shell.ports import DeskPorts


def make_page(
    ui: Ui,
    tasks: Tasks,
    tell: Tell,
    ports: "DeskPorts",
    *,
    pictures: PictureBook,
    folder: Path,
    font: QFont,
    on_pack: Callable[[int], None],
) -> WavesPage:
    """The page; pick lists are written into `folder`, in a lane, with the window's `font`; `on_pack` packs a wave."""

    def write_picks(wave: WaveProgress, rows: tuple[PickRow, ...]) -> Path:
        from desktop.pages.waves.sheet import write_pick_sheet

        path = folder / f"{wave.code}.pdf"
        write_pick_sheet(path, wave, rows, ui.texts, font, lambda name: kept_picture(ports.pictures, name))
        return path

    settings = ui.settings
    way, limit = settings.text("way"), settings.number("wave_size")
    presenter = WavesPresenter(ports.waves, tasks, tell, write_picks, way=way, limit=limit)
    presenter.on_pack = on_pack
    return WavesPage(ui, presenter, pictures)
