"""Starting with a shop, without widgets: the list, what of it is ticked, and three switches."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from core.files.progress import Progress
from core.sync.start_list import NumberRow, RowKind, StartList, StartRow
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.formats import typed_moment
from desktop.pages.shops.ports import StartDesk
from desktop.texts import Phrase

R = TypeVar("R")

#: one line of the list
ListRow = StartRow | NumberRow


@dataclass(frozen=True, slots=True)
class StartScreen:
    """What the card shows.

    Attributes:
        shop_id: the shop that is to start, None while the card is closed; `name` is its name.
        found: the list; None until it is there.
        cut_over_at: what stands in the field; None: what the list came with.
        picked: older orders (ids) that come along.
        dropped: parcels (parcel, order) of which the shop is not told.
        asked: the question that was put; the same press again means it.
        is_busy: something is under way.
        round: grows with each opening.
    """

    shop_id: int | None = None
    name: str = ""
    found: StartList | None = None
    cut_over_at: datetime | None = None
    picked: frozenset[int] = frozenset()
    dropped: frozenset[tuple[int, int]] = frozenset()
    asked: str = ""
    is_busy: bool = False
    round: int = 0

    @property
    def rows(self) -> tuple[ListRow, ...]:
        """The list as it is shown."""
        return () if self.found is None else (*self.found.rows, *self.found.numbers)

    @property
    def told(self) -> tuple[tuple[int, int], ...]:
        """Parcels, by (parcel, order), that are told with the switch."""
        pairs = [(row.parcel_id, row.order_id) for row in self._of(RowKind.CONFIRM)]
        return tuple(pair for pair in pairs if pair not in self.dropped)

    @property
    def also(self) -> tuple[int, ...]:
        """Older orders that come along."""
        kept = self._of(RowKind.BEFORE) + self._of(RowKind.PART_SENT)
        return tuple(row.order_id for row in kept if row.order_id in self.picked)

    def is_ticked(self, row: ListRow) -> bool | None:
        """Whether a row is ticked; None where nobody can choose."""
        if isinstance(row, NumberRow) or not row.can_be_chosen:
            return None
        if row.kind is RowKind.CONFIRM:
            return (row.parcel_id, row.order_id) not in self.dropped
        return row.order_id in self.picked

    def _of(self, kind: RowKind) -> tuple[StartRow, ...]:
        return () if self.found is None else tuple(row for row in self.found.rows if row.kind is kind)


class StartPresenter(ScreenPresenter[StartScreen]):
    """Reads and brings in in the lane of files: hundreds of orders take a while, and nothing else waits for them."""

    def __init__(self, starting: StartDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(StartScreen(), tell)
        self._starting = starting
        self._tasks = tasks
        self.progress = Progress()
        #: a switch was turned: the shops have to be read again
        self.on_switched: Callable[[], None] = lambda: None

    def open(self, shop_id: int, name: str) -> None:
        """Show what would come and be written for a shop."""
        self._show_whole(StartScreen(shop_id, name, round=self._screen.round + 1))
        self.look()

    def close(self) -> bool:
        """Stop what is under way, else close the card; whether there was something."""
        if self._screen.shop_id is None:
            return False
        if not self.cancel():
            self._unwish("list")
            self._show_whole(StartScreen(round=self._screen.round))
        return True

    def cancel(self) -> bool:
        """Stop what is under way; whether anything was."""
        if not self._screen.is_busy:
            return False
        self.progress.cancel()
        return True

    def look(self) -> None:
        """Read the list again; what was ticked stays so."""
        shop_id, at = self._screen.shop_id, self._screen.cut_over_at
        if shop_id is None or self._screen.is_busy:
            return
        goes_on = self._begin()
        is_wanted = self._wish("list")

        def came(found: StartList | None) -> None:
            if is_wanted():
                self._show(is_busy=False, found=found or self._screen.found)

        self._run(lambda: self._starting.look(shop_id, at, goes_on), came)

    def choose_moment(self, text: str) -> None:
        """Another cut-over; what cannot be read as a moment changes nothing."""
        found = self._screen.found
        try:
            at = typed_moment(text)
        except ValueError:
            self._tell("notice", Phrase("start.bad_moment"), None)
            return
        # The field knows no seconds: leaving it as it was moves nothing.
        if found is not None and at != (self._screen.cut_over_at or found.cut_over_at).replace(
            second=0, microsecond=0
        ):
            self._show(cut_over_at=at, asked="")
            self.look()

    def tick(self, row: ListRow) -> None:
        """Tick a row, or take its tick away."""
        if isinstance(row, NumberRow) or not row.can_be_chosen:
            self._tell("notice", Phrase("start.not_chosen_singly"), None)
        elif row.kind is RowKind.CONFIRM:
            self._show(dropped=self._screen.dropped ^ {(row.parcel_id, row.order_id)}, asked="")
        else:
            self._show(picked=self._screen.picked ^ {row.order_id}, asked="")

    # --- the three switches -------------------------------------------------------------------------------------

    def orders(self) -> None:
        """Send orders to the desk; where nothing is left to send, send no more."""
        screen, found = self._screen, self._screen.found
        if found is None or screen.shop_id is None or screen.is_busy:
            return
        shop_id, also, name = screen.shop_id, screen.also, screen.name
        at = screen.cut_over_at or found.cut_over_at
        if found.on_desk and self.is_orders_done:
            self._switch(
                lambda: self._starting.stop(shop_id), lambda _none: Phrase("start.orders_off", {"name": name})
            )
            return
        n = found.counts.get(RowKind.TO_DESK, 0) + len(also)
        if self._is_meant(f"orders:{at}:{also}", Phrase("start.sure_orders", {"name": name, "n": n})):
            goes_on = self._begin(n)
            self._switch(
                lambda: self._starting.begin(shop_id, at, also, goes_on),
                lambda came: Phrase("start.orders_on", {"name": name, "n": came}),
            )

    def numbers(self) -> None:
        """Write numbers, or write them no more."""
        screen, found = self._screen, self._screen.found
        if found is None or screen.shop_id is None or screen.is_busy:
            return
        shop_id, seen, name = screen.shop_id, found.sku_ids, screen.name
        if found.writes_stock:
            self._switch(
                lambda: self._starting.stop_numbers(shop_id),
                lambda _none: Phrase("start.numbers_off", {"name": name}),
            )
        elif self._is_meant(
            f"numbers:{sorted(seen)}", Phrase("start.sure_numbers", {"name": name, "n": len(found.numbers)})
        ):
            self._switch(
                lambda: self._starting.write_numbers(shop_id, seen),
                lambda _none: Phrase("start.numbers_on", {"name": name}),
            )

    def confirm(self, switch_off: Callable[[int], None]) -> None:
        """Tell the shop of parcels; where it is told and nothing of the list is left, tell it no more.

        `switch_off` is the shops' own act.
        """
        screen, found = self._screen, self._screen.found
        if found is None or screen.shop_id is None or screen.is_busy:
            return
        shop_id, told, name = screen.shop_id, screen.told, screen.name
        if found.confirms and not told:
            self._switch(lambda: switch_off(shop_id), lambda _none: Phrase("shops.confirms_off", {"name": name}))
        elif self._is_meant(f"confirm:{told}", Phrase("start.sure_confirm", {"name": name, "n": len(told)})):
            self._switch(
                lambda: self._starting.confirm(shop_id, told),
                lambda n: Phrase("start.confirm_on", {"name": name, "n": n}),
            )

    @property
    def is_orders_done(self) -> bool:
        """Whether everything that is to come with this cut-over has come."""
        found, at = self._screen.found, self._screen.cut_over_at
        if found is None or self._screen.also or found.counts.get(RowKind.TO_DESK):
            return False
        return at is None or at == found.started_at

    def export(self, path: Path) -> None:
        """Write the list as a table."""
        shop_id, at = self._screen.shop_id, self._screen.cut_over_at
        if shop_id is None or self._screen.is_busy:
            return
        self._begin()

        def written(rows: int) -> None:
            self._show(is_busy=False)
            self._tell("good", Phrase("files.written", {"name": path.name, "n": rows}), None)

        self._run(lambda: self._starting.export(shop_id, at, path), written)

    # --- within -------------------------------------------------------------------------------------------------

    def _begin(self, total: int = 0) -> Callable[[int], bool]:
        progress = self.progress = Progress()
        self._show(is_busy=True)

        def goes_on(done: int) -> bool:
            progress.show(done, max(total, done))
            return not progress.is_cancelled

        return goes_on

    def _switch(self, work: Callable[[], R], words: Callable[[R], Phrase]) -> None:
        self._show(is_busy=True, asked="")

        def switched(result: R) -> None:
            self._show(is_busy=False, picked=frozenset())
            self._tell("good", words(result), None)
            self.on_switched()
            self.look()

        self._run(work, switched)

    def _run(self, work: Callable[[], R], on_result: Callable[[R], None]) -> None:
        def failed(error: Exception) -> None:
            self._show(is_busy=False, asked="")
            self._fail(error)

        self._tasks.submit(work, on_result, failed, owner=self, lane=Lane.FILES)
