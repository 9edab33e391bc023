"""What channels that let us write stock speak in addition; separate because many cannot."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class StockChannel(Protocol):
    """A shop whose stock and sale we may set.

    Every method may raise the five errors of `core.channels.contract` and nothing else expected. Each says an
    absolute state, so that repeating it after a lost reply is harmless.
    """

    #: whether `push_stock` sets the number itself (True) or the platform only takes differences
    pushes_absolute_stock: bool
    #: whether a single listing can be taken off sale and put back
    pauses_sale: bool

    def push_stock(self, channel_sku_id: str, sellable_qty: int) -> None:
        """Let the shop sell `sellable_qty` more units than its open orders already claim."""
        ...

    def pause_sale(self, channel_sku_id: str) -> None:
        """Take the listing off sale; whether full carts can still be paid is up to the platform."""
        ...

    def resume_sale(self, channel_sku_id: str) -> None:
        """Put the listing back on sale."""
        ...
