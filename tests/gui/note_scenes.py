"""Scenes of seller's notes for the gallery: in the drawer, at the packing desk, and a shop's switch."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from core.orders.records import NoteView, NoteWay
from desktop.commands import Command
from desktop.pages.packing.presenter import PackingPresenter
from desktop.shell.window import DeskWindow
from tests.gui.settling import settle
from tests.support.desk_world import GOODS, START, DeskWorld

_OURS, _THEIRS = "买家要红色，送一张贺卡", "改发黑色，周五前到"


def note_scenes(window: DeskWindow, world: DeskWorld) -> dict[str, Callable[[], None]]:
    """The pictures, by name."""

    def drawer_with(note: NoteView) -> None:
        presenter = window.page("orders")._presenter
        for order_id, flag, is_cod in ((4998, note.flag, False), (4996, "blue", True), (4995, "purple", False)):
            row = replace(world.orders[order_id].row, flag=flag, has_note=bool(note.text), is_cod=is_cod)
            world.orders[order_id] = replace(world.orders[order_id], row=row)
        presenter._notes.views[4998] = note
        window.go("orders")
        presenter.reload()
        presenter.open(4998)

    told = NoteView(_OURS, "red", _OURS, "red", "told", NoteWay.FLAGGED)

    def writing() -> None:
        window.page("orders").drawer.ask_note()

    def failed() -> None:
        window.page("orders").drawer._note.fold()
        said = "最多 300 个字"
        drawer_with(replace(told, theirs_text="", theirs_flag="", state="failed", trouble="refused", said=said))

    def conflict() -> None:
        drawer_with(replace(told, theirs_text=_THEIRS, theirs_flag="blue", state="conflict", trouble="note_changed"))

    def packed(verified: bool) -> None:
        window.go("packing")
        facts = {"seller_note": _OURS, "flags": ("red", "purple"), "cod_fen": 12_900}
        parcel = world.add_parcel((GOODS[0], 1), note="请放门口", print_state="confirmed", **facts)
        if verified:
            changed = {"note_changed_at": START - timedelta(minutes=3), "seller_note": _THEIRS}
            world.parcels[parcel.id] = replace(parcel, **changed)  # type: ignore[arg-type]  # fields of the view
        packing: PackingPresenter = window.parts.packing
        while packing.screen.parcel is not None:
            # Once more where the desk asks whether it is meant.
            packing.press(Command.BACK)
            settle(60)
        packing.scan(parcel.order_nos[0])
        settle(60)
        if verified:
            packing.scan(GOODS[0].barcode)
            settle(60)
            packing.scan(parcel.waybill_no)

    return {
        "14bb-note": lambda: drawer_with(told),
        "14bc-note-writing": writing,
        "14bd-note-failed": failed,
        "14be-note-conflict": conflict,
        "12j-noted": lambda: packed(False),
        "12k-note-changed": lambda: packed(True),
    }
