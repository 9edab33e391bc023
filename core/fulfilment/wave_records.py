"""What the waves page is told: frozen, nothing personal."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes into a wave; `kind` is one of `choosing.KINDS` and says which of the other facts counts.

    Attributes:
        within: one of `choosing.WITHIN`, for `before`.
        carrier_code: for `carrier`.
        sku_id: for `single_sku`.
        zone: for `zone`.
    """

    kind: str = "due"
    within: str = "today"
    carrier_code: str = ""
    sku_id: int = 0
    zone: str = ""


@dataclass(frozen=True, slots=True)
class CarrierChoice:
    """A carrier for which parcels wait, or that has a cut-off.

    Attributes:
        cut_off: `HH:MM`, empty where it has none.
        next_at: when its next cut-off comes.
        must_count: parcels it must have by then; without a cut-off all that wait.
        waiting_count: all that wait for it.
    """

    carrier_code: str
    carrier_name: str
    cut_off: str
    next_at: datetime | None
    must_count: int
    waiting_count: int


@dataclass(frozen=True, slots=True)
class SkuChoice:
    """Goods, and how many parcels hold nothing else."""

    sku_id: int
    code: str
    name: str
    parcel_count: int


@dataclass(frozen=True, slots=True)
class ZoneChoice:
    """A zone, and how many parcels can be fetched from it alone."""

    zone: str
    parcel_count: int


@dataclass(frozen=True, slots=True)
class WaveChoices:
    """What a wave could take at this moment.

    Attributes:
        due_count: parcels that wait in no wave and under no hold.
        before: one of `choosing.WITHIN` -> parcels due by then.
        single_count: parcels of exactly one unit.
        skus: goods by how many parcels hold nothing else, the hottest first; not all of them.
    """

    due_count: int
    before: tuple[tuple[str, int], ...]
    carriers: tuple[CarrierChoice, ...]
    single_count: int
    skus: tuple[SkuChoice, ...]
    zones: tuple[ZoneChoice, ...]


@dataclass(frozen=True, slots=True)
class WavePreview:
    """What a wave would hold. `waiting_count`: parcels that fit, of which it takes `parcel_count`."""

    parcel_count: int
    units: int
    sku_count: int
    waiting_count: int


@dataclass(frozen=True, slots=True)
class WaveProgress:
    """A wave with work left.

    Attributes:
        kind, about: what it was chosen by.
        parcel_count: what it holds; what was called off does not count.
        waiting, packing, packed, shipped: its parcels by state.
        held: parcels that wait and stand under a hold.
        printed: labels on paper.
        queued: labels that wait for the printer.
        unknown: labels of which nobody knows whether they came out.
        failed: labels that did not come out.
        unnumbered: parcels whose number is not there yet.
    """

    id: int
    code: str
    way: str
    kind: str
    about: str
    desk: str
    created_at: datetime
    parcel_count: int = 0
    waiting: int = 0
    packing: int = 0
    packed: int = 0
    shipped: int = 0
    held: int = 0
    printed: int = 0
    queued: int = 0
    unknown: int = 0
    failed: int = 0
    unnumbered: int = 0

    @property
    def done(self) -> int:
        """Packed by now, left or not."""
        return self.packed + self.shipped


@dataclass(frozen=True, slots=True)
class LabelsWanted:
    """What asking for the labels of a wave did: queued now, there already, and without a number yet."""

    queued: int
    there: int
    unnumbered: int
