"""The waves page without widgets: what could go into a wave, what would come, and the waves that are on."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from core.fulfilment.choosing import WITHIN
from core.fulfilment.records import PickRow
from core.fulfilment.wave_records import CarrierChoice, Choice, LabelsWanted, WaveChoices, WavePreview, WaveProgress
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.waves.ports import WaveDesk, WriteSheet
from desktop.texts import Phrase


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """One thing to choose a wave by: its words, and how many parcels it would find.

    `carrier` is the carrier it is about, None for all others.
    """

    choice: Choice
    words: Phrase
    count: int
    carrier: CarrierChoice | None = None

    @property
    def id(self) -> int:
        """The same number for the same choice, whatever its counts are by now."""
        return zlib.crc32(repr(self.choice).encode())


@dataclass(frozen=True, slots=True)
class WavesScreen:
    """What the page shows.

    Attributes:
        rows: what a wave could be chosen by.
        choice: the row that is marked.
        preview: what would come; None while nobody knows.
        running: waves with work left.
        wave_id: the one whose pick list is shown.
        picks: what is still to be fetched for it.
        is_known: everything was read once.
        is_starting: a wave is being started.
    """

    rows: tuple[ChoiceRow, ...] = ()
    choice: Choice = field(default_factory=Choice)
    way: str = "scan_to_print"
    limit: int = 20
    preview: WavePreview | None = None
    running: tuple[WaveProgress, ...] = ()
    wave_id: int = 0
    picks: tuple[PickRow, ...] = ()
    is_known: bool = False
    is_starting: bool = False

    @property
    def row(self) -> ChoiceRow | None:
        """The marked row."""
        return next((row for row in self.rows if row.choice == self.choice), None)

    @property
    def wave(self) -> WaveProgress | None:
        """The wave whose pick list is shown: the chosen one, else the oldest."""
        chosen = (wave for wave in self.running if wave.id == self.wave_id)
        return next(chosen, self.running[0] if self.running else None)


#: (choices, waves, pick list of the one that is shown)
_Seen = tuple[WaveChoices, tuple[WaveProgress, ...], tuple[PickRow, ...]]


class WavesPresenter(ScreenPresenter[WavesScreen]):
    """Looks in the lane of reads, acts in the lane of acts."""

    def __init__(
        self,
        waves: WaveDesk,
        tasks: Tasks,
        tell: Tell,
        write_sheet: WriteSheet,
        *,
        way: str = "scan_to_print",
        limit: int = 20,
    ) -> None:
        """Make the presenter; nothing is asked before `look`.

        Args:
            waves: core's waves.
            tasks: where looks and acts run.
            tell: says a sentence to the clerk.
            write_sheet: writes a pick list onto paper.
            way: how a wave is worked unless the clerk chooses otherwise.
            limit: how many parcels go into one.
        """
        super().__init__(WavesScreen(way=way, limit=limit), tell)
        self._waves = waves
        self._tasks = tasks
        self._write_sheet = write_sheet
        #: how waves are worked by what they hold, as the clerk chose last: single items are packed by scanning them
        self._ways = {True: "single_item", False: way}
        #: the wave that the next press dissolves
        self._armed = 0
        #: opens the packing page with a wave
        self.on_pack: Callable[[int], None] = lambda _wave_id: None

    # --- looking ------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Read choices, waves and the pick list that is shown."""
        wave_id = self._screen.wave_id
        self._tasks.submit(lambda: self._seen(wave_id), self._on_seen, self._fail, owner=self, key="look")
        self._look_ahead()

    def choose(self, choice: Choice) -> None:
        """Mark what the next wave is chosen by."""
        if choice != self._screen.choice:
            self._show(choice=choice, way=self._way_for(choice), preview=None)
            self._look_ahead()

    def _way_for(self, choice: Choice) -> str:
        return self._ways[choice.kind == "single_item"]

    def change(self, *, way: str | None = None, limit: int | None = None) -> None:
        """Work the next wave in another way, or with another number of parcels."""
        if way is not None:
            self._ways[self._screen.choice.kind == "single_item"] = way
        screen = replace(self._screen, way=way or self._screen.way, limit=limit or self._screen.limit)
        if screen != self._screen:
            self._show_whole(replace(screen, preview=None))
            self._look_ahead()

    def choose_wave(self, wave_id: int) -> None:
        """Show another wave's pick list."""
        self._armed = 0
        if self._screen.wave is None or wave_id != self._screen.wave.id:
            self._show(wave_id=wave_id, picks=())
            self.look()

    # --- acting -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start a wave of what is marked."""
        screen = self._screen
        if screen.is_starting:
            return
        self._show(is_starting=True)

        def started(wave: WaveProgress | None) -> None:
            self._show(is_starting=False)
            if wave is None:
                self._tell("notice", Phrase("waves.none_fits"), None)
            else:
                self._show(wave_id=wave.id, picks=())
                self._tell("good", Phrase("waves.started", {"code": wave.code, "n": wave.parcel_count}), None)
            self.look()

        def refused(error: Exception) -> None:
            self._show(is_starting=False)
            self._fail(error)

        self._act(lambda: self._waves.start(screen.choice, screen.way, screen.limit), started, refused)

    def print_labels(self) -> None:
        """Print the labels of the wave that are not on paper, in order."""
        wave = self._screen.wave
        if wave is None:
            return

        def wanted(labels: LabelsWanted) -> None:
            facts = {"code": wave.code, "n": labels.queued, "there": labels.there, "missing": labels.unnumbered}
            code = "waves.labels_queued" if labels.queued else "waves.labels_there"
            code = f"{code}_unnumbered" if labels.unnumbered else code
            self._tell("good" if labels.queued else "notice", Phrase(code, facts), None)
            self.look()

        self._act(lambda: self._waves.print_labels(wave.id), wanted, self._fail)

    def dissolve(self) -> None:
        """Give the wave up: asked twice."""
        wave = self._screen.wave
        if wave is None:
            return
        if self._armed != wave.id:
            self._armed = wave.id
            facts = {"code": wave.code, "n": wave.waiting}
            self._tell("notice", Phrase("waves.dissolve_sure", facts), None)
            return

        def dissolved(count: int) -> None:
            code = "waves.dissolved" if count else "waves.dissolved_none"
            self._tell("good" if count else "notice", Phrase(code, {"code": wave.code, "n": count}), None)
            self.look()

        self._act(lambda: self._waves.dissolve(wave.id), dissolved, self._fail)

    def save_sheet(self) -> None:
        """Write the pick list of the wave onto paper."""
        wave, picks = self._screen.wave, self._screen.picks
        if wave is None or not picks:
            return
        self._tasks.submit(
            lambda: self._write_sheet(wave, picks),
            lambda path: self._tell("good", Phrase("waves.sheet_saved", {"path": str(path)}), None),
            self._fail,
            owner=self,
            lane=Lane.FILES,
        )

    def pack(self) -> None:
        """Go and pack the wave."""
        if self._screen.wave is not None:
            self.on_pack(self._screen.wave.id)

    def set_cut_off(self, at: str) -> None:
        """Say until when the marked carrier takes parcels along; the message offers what was before."""
        row = self._screen.row
        if row is None or row.carrier is None or at.strip() == row.carrier.cut_off:
            return
        self._keep_cut_off(row.carrier, at, row.carrier.cut_off)

    def _keep_cut_off(self, carrier: CarrierChoice, at: str, before: str | None) -> None:
        def kept(now: str) -> None:
            code = "waves.cut_off_kept" if now else "waves.cut_off_gone"
            undo = None if before is None else lambda: self._keep_cut_off(carrier, before, None)
            self._tell("good", Phrase(code, {"carrier": carrier.carrier_name, "at": now}), undo)
            self.look()

        self._act(lambda: self._waves.set_cut_off(carrier.carrier_code, at), kept, self._fail)

    # --- within -------------------------------------------------------------------------------------------------

    def _look_ahead(self) -> None:
        choice, way, limit = self._screen.choice, self._screen.way, self._screen.limit
        self._tasks.submit(
            lambda: self._waves.preview(choice, way, limit),
            lambda preview: self._show(preview=preview),
            self._fail,
            owner=self,
            key="preview",
        )

    def _seen(self, wave_id: int) -> _Seen:
        choices, running = self._waves.choices(), self._waves.running()
        shown = WavesScreen(running=running, wave_id=wave_id).wave
        return choices, running, () if shown is None else self._waves.pick_list(shown.id)

    def _on_seen(self, seen: _Seen) -> None:
        choices, running, picks = seen
        rows = tuple(_rows(choices))
        choice = self._screen.choice
        if choice not in {row.choice for row in rows}:
            # Its last parcel went into a wave; what is due is always there.
            choice = rows[0].choice
        is_other = choice != self._screen.choice
        way = self._way_for(choice)
        self._show(rows=rows, running=running, picks=picks, is_known=True, choice=choice, way=way)
        if is_other:
            self._look_ahead()

    def _act(
        self, work: Callable[[], Any], on_result: Callable[[Any], None], on_error: Callable[[Exception], None]
    ) -> None:
        # Whatever is done in between, the next press for dissolving asks again.
        self._armed = 0
        self._tasks.submit(work, on_result, on_error, owner=self, lane=Lane.ACTS)


def _rows(choices: WaveChoices) -> Iterator[ChoiceRow]:
    """Everything a wave could be chosen by; what nobody could fill now is left out where there may be many."""
    yield ChoiceRow(Choice("due"), Phrase("waves.choice.due"), choices.due_count)
    counts = dict(choices.before)
    for within in WITHIN:
        yield ChoiceRow(Choice("before", within=within), Phrase(f"waves.choice.{within}"), counts.get(within, 0))
    for carrier in choices.carriers:
        facts = {"carrier": carrier.carrier_name, "at": carrier.cut_off}
        words = Phrase("waves.choice.cut_off" if carrier.cut_off else "waves.choice.carrier", facts)
        choice = Choice("carrier", carrier_code=carrier.carrier_code)
        yield ChoiceRow(choice, words, carrier.must_count, carrier)
    yield ChoiceRow(Choice("single_item"), Phrase("waves.choice.single_item"), choices.single_count)
    for zone in choices.zones:
        yield ChoiceRow(
            Choice("zone", zone=zone.zone), Phrase("waves.choice.zone", {"zone": zone.zone}), zone.parcel_count
        )
    for sku in choices.skus:
        words = Phrase("waves.choice.sku", {"code": sku.code, "name": sku.name})
        yield ChoiceRow(Choice("single_sku", sku_id=sku.sku_id), words, sku.parcel_count)
