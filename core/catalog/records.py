"""What goes into and comes out of the catalogue."""

from dataclasses import dataclass
from typing import NamedTuple


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


class Component(NamedTuple):
    """One SKU and how many units of it make up one unit of what was sold.

    A tuple, because hundreds are made for each page of orders.
    """

    sku_id: int
    qty: int
    bundle_sku_id: int | None
