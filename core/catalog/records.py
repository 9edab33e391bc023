"""What goes into and comes out of the catalogue."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from core.catalog.gs1 import Gs1

#: longer shelf lives and warnings are typing errors
MOST_LIFE_DAYS: Final = 3650
MOST_WARN_DAYS: Final = 730

#: the item of a line that was asked for at the door by our own merchant code: no platform has one of that name, and
#: nothing is offered under it, so it is no listing
AT_THE_DOOR: Final = "@door"


@dataclass(frozen=True, slots=True)
class SkuSpec:
    """A SKU to take into the catalogue, known by its merchant code (商家编码)."""

    code: str
    name: str
    short_name: str = ""
    spec: str = ""
    weight_g: int = 0
    picture: str = ""
    #: (code, units it stands for)
    barcodes: tuple[tuple[str, int], ...] = ()
    #: component code and units: a SKU with components is a bundle
    components: tuple[tuple[str, int], ...] = ()
    is_stock_managed: bool = True
    lacks_barcode: bool = False
    #: (warehouse id, bin) by warehouse; a warehouse that is not named keeps what it has
    bins: tuple[tuple[int, str], ...] = ()
    #: goods that come in name their batch, and what is packed says which one it is
    is_batch_managed: bool = False
    #: days from making to the last day; 0 where nobody has said
    life_days: int = 0
    #: so many days before its last day a batch is spoken of
    warn_days: int = 30


@dataclass(frozen=True, slots=True)
class ScannedSku:
    """What a scanned code stands for."""

    sku_id: int
    unit_qty: int
    code: str
    name: str
    short_name: str
    spec: str
    picture: str
    #: what is packed of it says which batch it is
    is_batch_managed: bool = False
    #: what a GS1 code said of the goods in hand
    label: Gs1 | None = None


class Component(NamedTuple):
    """One SKU and how many units of it make up one unit of what was sold.

    A tuple, because hundreds are made for each page of orders.
    """

    sku_id: int
    qty: int
    bundle_sku_id: int | None
