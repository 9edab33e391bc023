"""The waves page's service."""

from dataclasses import replace

from sqlalchemy.engine import Connection

from core.access.gate import needs
from core.access.rights import Right
from core.db.plain import ask_connection
from core.db.unit_of_work import Store, UnitOfWork
from core.desk import first_page
from core.desk.settings import put_setting
from core.fulfilment import choosing, cut_offs, wave_queries, waves
from core.fulfilment.records import PickRow
from core.fulfilment.wave_records import Choice, LabelsWanted, WaveChoices, WavePreview, WaveProgress
from core.sync.asking import Asking

#: nobody works on more at once
_MOST_WAVES = 50


class Waves:
    """Choosing, starting and watching waves."""

    def __init__(self, store: Store, asking: Asking) -> None:
        self._store = store
        self._asking = asking

    @needs(Right.SEE_DESK)
    def choices(self) -> WaveChoices:
        """What a wave could take at this moment."""
        now = self._store.clock.now()
        return self._store.read(lambda connection: choosing.choices(connection, now))

    @needs(Right.SEE_DESK)
    def preview(self, choice: Choice, way: str, limit: int) -> WavePreview:
        """What a wave of this choice would hold.

        Raises:
            Refused: as `core.fulfilment.choosing.check`.
        """
        choosing.check(choice, way)
        now = self._store.clock.now()
        return self._store.read(lambda connection: choosing.preview(connection, choice, way, now, limit))

    @needs(Right.START_WAVE)
    def start(self, choice: Choice, way: str, limit: int) -> WaveProgress | None:
        """Start a wave; None when nothing fits.

        Raises:
            Refused: as `core.fulfilment.waves.start_wave`.
        """
        wave_id = self._store.write(lambda uow: waves.start_wave(uow, way, limit, choice))
        if wave_id is None:
            return None
        self._asking.wave_started(wave_id)
        return next((wave for wave in self.running() if wave.id == wave_id), None)

    @needs(Right.SEE_DESK)
    def running(self) -> tuple[WaveProgress, ...]:
        """Waves with work left, oldest first."""
        return self._store.read(lambda connection: wave_queries.running(connection, _MOST_WAVES))

    @needs(Right.SEE_DESK)
    def pick_list(self, wave_id: int) -> tuple[PickRow, ...]:
        """What is still to be fetched for a wave, along the shelves, with the places it is for."""

        def read(connection: Connection) -> tuple[PickRow, ...]:
            places = wave_queries.places(connection, wave_id)
            rows = first_page.pick_list(ask_connection(connection), wave_id)
            return tuple(replace(row, places=places.get((row.sku_id, row.bin), ())) for row in rows)

        return self._store.read(read)

    @needs(Right.PRINT_LABEL)
    def print_labels(self, wave_id: int) -> LabelsWanted:
        """Queue the labels of a wave that are not on paper, in order.

        Raises:
            NotFound: as `core.fulfilment.waves.print_labels`.
        """
        return self._store.write(lambda uow: waves.print_labels(uow, wave_id))

    @needs(Right.START_WAVE)
    def dissolve(self, wave_id: int) -> int:
        """Give back what no desk has opened yet; how many parcels that were.

        Raises:
            NotFound: as `core.fulfilment.waves.dissolve`.
        """
        return self._store.write(lambda uow: waves.dissolve(uow, wave_id))

    @needs(Right.CHANGE_SETTINGS)
    def set_cut_off(self, carrier_code: str, at: str) -> str:
        """Say until when of a day a carrier takes parcels along (empty: no time); gives it as it is kept, `HH:MM`.

        Raises:
            Refused: as `core.fulfilment.cut_offs.tidy_cut_off`.
        """
        kept = cut_offs.tidy_cut_off(at)

        def write(uow: UnitOfWork) -> str:
            put_setting(uow, f"{cut_offs.PREFIX}{carrier_code}", kept)
            return kept

        return self._store.write(write)
