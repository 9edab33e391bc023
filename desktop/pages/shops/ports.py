"""What the page of shops needs from core; core's service satisfies it by shape."""

from datetime import datetime
from typing import Protocol

from core.sync.shop_views import ShopDraft, ShopKind, ShopView


class ShopDesk(Protocol):
    """The owner's shops."""

    def kinds(self) -> tuple[ShopKind, ...]:
        """Kinds of shops that can be added."""
        ...

    def shops(self) -> tuple[ShopView, ...]:
        """Every shop."""
        ...

    def try_access(self, draft: ShopDraft, shop_id: int | None) -> datetime:
        """Ask the shop with what was entered; gives its time. Waits for the network."""
        ...

    def add(self, draft: ShopDraft) -> int:
        """Add a shop, read only."""
        ...

    def change(self, shop_id: int, draft: ShopDraft) -> None:
        """Change name and access."""
        ...

    def set_pulled(self, shop_id: int, *, is_pulled: bool) -> None:
        """Pause its pulling, or go on."""
        ...

    def set_confirms(self, shop_id: int, *, confirms: bool) -> None:
        """Whether it is told of parcels that leave from now on."""
        ...

    def set_confirm_at(self, shop_id: int, moment: str) -> None:
        """When it is told."""
        ...

    def set_prints_elsewhere(self, shop_id: int, *, is_on: bool) -> None:
        """Whether other software prints its labels."""
        ...
