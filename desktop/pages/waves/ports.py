"""What the waves page needs from core; core's service satisfies it by shape."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from core.fulfilment.records import PickRow
from core.fulfilment.wave_records import Choice, LabelsWanted, WaveChoices, WavePreview, WaveProgress


class WaveDesk(Protocol):
    """Choosing, starting and watching waves."""

    def choices(self) -> WaveChoices:
        """What a wave could take at this moment."""
        ...

    def preview(self, choice: Choice, way: str, limit: int) -> WavePreview:
        """What a wave of this choice would hold."""
        ...

    def start(self, choice: Choice, way: str, limit: int) -> WaveProgress | None:
        """Start a wave; None when nothing fits."""
        ...

    def running(self) -> tuple[WaveProgress, ...]:
        """Waves with work left, oldest first."""
        ...

    def pick_list(self, wave_id: int) -> tuple[PickRow, ...]:
        """What is still to be fetched for a wave, along the shelves, with the places it is for."""
        ...

    def print_labels(self, wave_id: int) -> LabelsWanted:
        """Queue the labels of a wave that are not on paper, in order."""
        ...

    def dissolve(self, wave_id: int) -> int:
        """Give back what no desk has opened yet; how many parcels that were."""
        ...

    def set_cut_off(self, carrier_code: str, at: str) -> str:
        """Say until when of a day a carrier takes parcels along; gives it as it is kept."""
        ...


#: writes a wave's pick list onto paper of its own; gives the file
WriteSheet = Callable[[WaveProgress, tuple[PickRow, ...]], Path]
