"""What the page of shops needs from core; core's service satisfies it by shape."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from core.desk.pulling_now import PulledNow
from core.desk.shop_history import Report, Reports
from core.runtime.http_trace import TracedCall
from core.sync.granting import AuthorisePage
from core.sync.grants import GrantView
from core.sync.history import RoundRow
from core.sync.shop_views import ShopDraft, ShopKind, ShopView
from core.sync.start_list import StartList


class AuthorisingDesk(Protocol):
    """Letting the program in to a shop."""

    def page(self, shop_id: int) -> AuthorisePage:
        """The platform's page for a shop."""
        ...

    def finish(self, shop_id: int, pasted: str) -> GrantView:
        """Let the program in with what was pasted. Waits for the network."""
        ...

    def identify(self, shop_id: int) -> str:
        """Whose shop it is; blank where the platform does not say. Waits for the network."""
        ...


class StartDesk(Protocol):
    """What an owner sees and switches on before the program sends for a shop. Nothing here calls the shop."""

    def look(
        self, shop_id: int, cut_over_at: datetime | None = None, goes_on: Callable[[int], bool] = ...
    ) -> StartList | None:
        """What would come to the desk and be written; None where it was stopped."""
        ...

    def export(self, shop_id: int, cut_over_at: datetime | None, path: Path) -> int:
        """Write that as a table; gives the rows."""
        ...

    def begin(
        self, shop_id: int, cut_over_at: datetime, also: Collection[int] = (), goes_on: Callable[[int], bool] = ...
    ) -> int:
        """Send orders to the desk; gives how many came."""
        ...

    def stop(self, shop_id: int) -> None:
        """Send no more."""
        ...

    def confirm(self, shop_id: int, pairs: Collection[tuple[int, int]]) -> int:
        """Tell the shop of parcels, and of these that left already; gives how many these are."""
        ...

    def write_numbers(self, shop_id: int, seen: Collection[int]) -> None:
        """Write its numbers."""
        ...

    def stop_numbers(self, shop_id: int) -> None:
        """Write them no more."""
        ...


class PullingDesk(Protocol):
    """Pulling now. Everything here waits for the network."""

    def pull(self, shop_id: int) -> PulledNow:
        """Pull a shop."""
        ...

    def order(self, shop_id: int, order_no: str) -> str:
        """Bring one order up to date; gives its number."""
        ...


class HistoryDesk(Protocol):
    """How a shop's pulls went, whether its orders are ours, and what its calls were."""

    def rounds(self, shop_id: int, before_id: int | None = None, limit: int = 50) -> Sequence[RoundRow]:
        """Its rounds of pulling, the newest first."""
        ...

    def reports(self, shop_id: int) -> Reports:
        """Its comparisons, and how far one is."""
        ...

    def report(self, report_id: int) -> Report:
        """One of them with what it found."""
        ...

    def reconcile_now(self, shop_id: int, days: int) -> None:
        """Have its orders of the last days compared behind the desk."""
        ...

    def stop_reconciling(self, shop_id: int) -> None:
        """Stop that."""
        ...

    def mark_seen(self, shop_id: int) -> int:
        """Somebody has seen which orders were missing."""
        ...

    def export_report(self, path: Path, report_id: int) -> int:
        """Write one as a table; gives its rows."""
        ...

    def calls(self, shop_id: int) -> Sequence[TracedCall]:
        """The last calls of this program, masked."""
        ...

    def support_text(self, shop_id: int) -> str:
        """The same as text for support."""
        ...


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

    def stop_telling(self, shop_id: int) -> None:
        """Tell it of no parcel any more."""
        ...

    def set_writes_notes(self, shop_id: int, *, is_on: bool) -> None:
        """Whether seller's notes that are written here are told to it."""
        ...

    def set_confirm_at(self, shop_id: int, moment: str) -> None:
        """When it is told."""
        ...

    def set_hold(self, shop_id: int, minutes: int) -> None:
        """How long its unpaid orders keep their units from now on; 0 as long as the shop keeps them open."""
        ...

    def set_min_life(self, shop_id: int, days: int) -> None:
        """How long its goods have to last still when they are promised."""
        ...

    def set_awaited(self, shop_id: int, order_no: str, *, is_awaited: bool) -> None:
        """Whether the program waits for an order that it could not take in."""
        ...

    def set_prints_elsewhere(self, shop_id: int, *, is_on: bool) -> None:
        """Whether other software prints its labels."""
        ...
