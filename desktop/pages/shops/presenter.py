"""The page of shops without widgets."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from core.sync.shop_views import ShopDraft, ShopKind, ShopView
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.shops.ports import ShopDesk
from desktop.texts import Phrase


@dataclass(frozen=True, slots=True)
class ShopsScreen:
    """What the page shows.

    Attributes:
        editing: id of the shop in the form, 0 for a new one, None for no form.
        kind: of the shop in the form.
        tried: what came of trying the access, None where nobody tried: it lets us in, or not.
        armed: the shop whose confirmations the next press switches on.
        round: grows with each opened form, so that the page fills its fields.
    """

    shops: tuple[ShopView, ...] = ()
    kinds: tuple[ShopKind, ...] = ()
    is_known: bool = False
    editing: int | None = None
    kind: str = ""
    tried: bool | None = None
    is_busy: bool = False
    armed: int = 0
    round: int = 0

    @property
    def form_kind(self) -> ShopKind | None:
        """The kind in the form, with the settings it wants."""
        return next((one for one in self.kinds if one.id == self.kind), None)

    @property
    def form_shop(self) -> ShopView | None:
        """The shop in the form; None for a new one."""
        return next((one for one in self.shops if one.id == self.editing), None)


class ShopsPresenter(ScreenPresenter[ShopsScreen]):
    """Looks in the lane of reads; what waits for a shop's answer does so there too."""

    def __init__(self, shops: ShopDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(ShopsScreen(), tell)
        self._shops = shops
        self._tasks = tasks

    def look(self) -> None:
        """Read shops and kinds again."""
        self._tasks.submit(
            lambda: (self._shops.shops(), self._shops.kinds()), self._on_seen, self._fail, owner=self, key="look"
        )

    def edit(self, shop_id: int | None) -> None:
        """Open the form for a shop (0 for a new one), or close it (None)."""
        shop = next((one for one in self._screen.shops if one.id == shop_id), None)
        kind = shop.channel if shop is not None else next((one.id for one in self._screen.kinds), "")
        self._show(editing=shop_id, kind=kind, tried=None, is_busy=False, round=self._screen.round + 1)

    def choose_kind(self, kind: str) -> None:
        """A new shop of another kind."""
        self._show(kind=kind, tried=None, round=self._screen.round + 1)

    def try_access(self, draft: ShopDraft) -> None:
        """Ask the shop with what is entered."""
        shop_id = self._screen.editing or None
        if self._screen.is_busy:
            return
        self._show(is_busy=True, tried=None)

        def answered(at: datetime) -> None:
            self._show(is_busy=False, tried=True)
            self._tell("good", Phrase("shops.lets_us_in", {"at": f"{at.astimezone():%H:%M:%S}"}), None)

        def refused(error: Exception) -> None:
            self._show(is_busy=False, tried=False)
            self._fail(error)

        self._tasks.submit(
            lambda: self._shops.try_access(draft, shop_id), answered, refused, owner=self, key="try", lane=Lane.READS
        )

    def save(self, draft: ShopDraft) -> None:
        """Store what the form holds."""
        shop_id = self._screen.editing
        if shop_id is None or self._screen.is_busy:
            return
        self._show(is_busy=True)
        work: Callable[[], object] = (
            (lambda: self._shops.change(shop_id, draft)) if shop_id else (lambda: self._shops.add(draft))
        )

        def saved(_result: object) -> None:
            self._show(is_busy=False, editing=None)
            code = "shops.changed" if shop_id else "shops.added"
            self._tell("good", Phrase(code, {"name": draft.name}), None)
            self.look()

        def failed(error: Exception) -> None:
            self._show(is_busy=False)
            self._fail(error)

        self._tasks.submit(work, saved, failed, owner=self, lane=Lane.ACTS)

    def set_pulled(self, shop: ShopView) -> None:
        """Pause the pulling of a shop, or go on."""
        wanted = not shop.is_pulled
        self._act(
            lambda: self._shops.set_pulled(shop.id, is_pulled=wanted),
            Phrase("shops.pulled" if wanted else "shops.paused", {"name": shop.name}),
            lambda: self.set_pulled(replace(shop, is_pulled=wanted)),
        )

    def set_confirms(self, shop: ShopView) -> None:
        """Switch the confirmations of a shop; on only with a second press: it is written to from then on."""
        wanted = not shop.confirms
        if wanted and self._screen.armed != shop.id:
            self._show(armed=shop.id)
            self._tell("notice", Phrase("shops.confirms_sure", {"name": shop.name}), None)
            return
        self._show(armed=0)
        self._act(
            lambda: self._shops.set_confirms(shop.id, confirms=wanted),
            Phrase("shops.confirms_on" if wanted else "shops.confirms_off", {"name": shop.name}),
        )

    def set_confirm_at(self, shop: ShopView, moment: str) -> None:
        """When a shop is told that a parcel left."""
        before = shop.confirm_at
        self._act(
            lambda: self._shops.set_confirm_at(shop.id, moment),
            Phrase("shops.confirm_at_set", {"name": shop.name}),
            lambda: self.set_confirm_at(replace(shop, confirm_at=moment), before),
        )

    def set_prints_elsewhere(self, shop: ShopView) -> None:
        """Other software prints the labels of a shop, or this one does again."""
        wanted = not shop.prints_elsewhere
        self._act(
            lambda: self._shops.set_prints_elsewhere(shop.id, is_on=wanted),
            Phrase("shops.elsewhere_on" if wanted else "shops.elsewhere_off", {"name": shop.name}),
            lambda: self.set_prints_elsewhere(replace(shop, prints_elsewhere=wanted)),
        )

    def _act(self, work: Callable[[], object], done: Phrase, undo: Callable[[], None] | None = None) -> None:
        def finished(_result: object) -> None:
            self._tell("good", done, undo)
            self.look()

        self._tasks.submit(work, finished, self._fail, owner=self, lane=Lane.ACTS)

    def _on_seen(self, seen: tuple[tuple[ShopView, ...], tuple[ShopKind, ...]]) -> None:
        shops, kinds = seen
        self._show(shops=shops, kinds=kinds, is_known=True)
        if self._screen.editing == 0 and not self._screen.kind and kinds:
            # The key was quicker than the first reading: the form stands, and did not know yet what a shop may be.
            self.choose_kind(kinds[0].id)
