"""What the page of the malls' door needs from core; core's service satisfies it by shape."""

from typing import Protocol

from core.desk.door import DoorView, NewKey
from core.gateway.wishes import DoorWish


class TryingShop(Protocol):
    """The practice shop, where it can try the door."""

    def uses_door(self) -> bool:
        """Whether it reserves before it sells."""
        ...

    def use_door(self, *, is_on: bool) -> None:
        """Let it reserve before it sells, or not."""
        ...


class MallDoor(Protocol):
    """The owner's hand on the door."""

    def view(self) -> DoorView:
        """What the page shows, of one moment."""
        ...

    def set_wish(self, wish: DoorWish) -> None:
        """Open or shut the door of this desk. Raises `Refused` for a port that cannot be."""
        ...

    def make_key(self, shop_id: int) -> NewKey:
        """A new key of a shop; its secret is told this once."""
        ...

    def revoke_key(self, key_id: int) -> None:
        """Let a key open nothing any more."""
        ...

    def set_paused(self, shop_id: int, *, is_paused: bool) -> None:
        """Stop everything that a shop sells through the door, or let it sell again."""
        ...
