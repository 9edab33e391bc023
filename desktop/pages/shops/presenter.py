"""The page of shops without widgets."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from core.desk.pulling_now import PulledNow
from core.sync.granting import AuthorisePage
from core.sync.grants import GrantView
from core.sync.shop_views import ShopDraft, ShopKind, ShopView
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.shops.ports import AuthorisingDesk, PullingDesk, ShopDesk
from desktop.texts import Phrase

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ShopsScreen:
    """What the page shows.

    Attributes:
        editing: id of the shop in the form, 0 for a new one, None for no form.
        kind: of the shop in the form.
        tried: what came of trying the access, None where nobody tried: it lets us in, or not.
        round: grows with each opened form, so that the page fills its fields.
        topic, said, said_code: why trying the access failed: which sentence says it, the platform's words and code.
        unfolded: the shop whose abilities are shown, 0 for the kind in the form, None for none.
        connecting: the shop that is being let in, None for none; `connect_round` grows with each beginning.
        page: the platform's page for it, None until it is known.
        granted: what came of it.
    """

    shops: tuple[ShopView, ...] = ()
    kinds: tuple[ShopKind, ...] = ()
    is_known: bool = False
    editing: int | None = None
    kind: str = ""
    tried: bool | None = None
    is_busy: bool = False
    round: int = 0
    topic: str = ""
    said: str = ""
    said_code: str = ""
    unfolded: int | None = None
    connecting: int | None = None
    connect_round: int = 0
    page: AuthorisePage | None = None
    granted: GrantView | None = None

    @property
    def form_kind(self) -> ShopKind | None:
        """The kind in the form, with the settings it wants."""
        return next((one for one in self.kinds if one.id == self.kind), None)

    @property
    def form_shop(self) -> ShopView | None:
        """The shop in the form; None for a new one."""
        return next((one for one in self.shops if one.id == self.editing), None)

    @property
    def connect_shop(self) -> ShopView | None:
        """The shop that is being let in."""
        return next((one for one in self.shops if one.id == self.connecting), None)


class ShopsPresenter(ScreenPresenter[ShopsScreen]):
    """Looks in the lane of reads; what waits for a shop's answer keeps no look waiting."""

    def __init__(
        self, shops: ShopDesk, authorising: AuthorisingDesk, pulling: PullingDesk, tasks: Tasks, tell: Tell
    ) -> None:
        super().__init__(ShopsScreen(), tell)
        self._pulling = pulling
        self._shops = shops
        self._authorising = authorising
        self._tasks = tasks

    def look(self) -> None:
        """Read shops and kinds again."""
        self._tasks.submit(
            lambda: (self._shops.shops(), self._shops.kinds()), self._on_seen, self._fail, owner=self, key="look"
        )

    def edit(self, shop_id: int | None) -> None:
        """Open the form for a shop (0 for a new one), or close it (None)."""
        self._unwish("try", "save", "connect")
        self._show(connecting=None, page=None, granted=None)
        shop = next((one for one in self._screen.shops if one.id == shop_id), None)
        kind = shop.channel if shop is not None else next((one.id for one in self._screen.kinds), "")
        fresh = {"tried": None, "topic": "", "is_busy": False, "round": self._screen.round + 1}
        self._show(editing=shop_id, kind=kind, **fresh)

    def put_away(self) -> bool:
        """Close what stands open, the innermost first; whether there was something."""
        if self._screen.editing is not None:
            self.edit(None)
        elif self._screen.connecting is not None:
            self.connect(None)
        elif self._screen.unfolded is not None:
            self._show(unfolded=None)
        else:
            return False
        return True

    def unfold(self, shop_id: int) -> None:
        """Show what a shop can and cannot do, or put that away again."""
        self._show(unfolded=None if self._screen.unfolded == shop_id else shop_id)

    def connect(self, shop_id: int | None) -> None:
        """Begin to let the program in to a shop, or stop that (None)."""
        self._unwish("try", "save")
        is_wanted = self._wish("connect")
        begun = self._screen.connect_round + 1
        fresh = {"connecting": shop_id, "page": None, "granted": None, "is_busy": False, "connect_round": begun}
        self._show(editing=None, **fresh)
        if shop_id is None:
            return

        def known(page: AuthorisePage) -> None:
            if is_wanted():
                self._show(page=page)

        def failed(error: Exception) -> None:
            if is_wanted():
                self._show(connecting=None)
            self._fail(error)

        self._tasks.submit(lambda: self._authorising.page(shop_id), known, failed, owner=self, lane=Lane.ACTS)

    def finish(self, pasted: str) -> None:
        """Let the program in with what was pasted."""
        shop_id = self._screen.connecting
        if shop_id is None or self._screen.page is None or self._screen.granted is not None or self._screen.is_busy:
            return
        is_wanted = self._wish("connect")
        self._show(is_busy=True)

        def granted(grant: GrantView) -> None:
            if is_wanted():
                self._show(is_busy=False, granted=grant)
            who = grant.shop.name or grant.shop.id if grant.shop else ""
            self._tell("good", Phrase("shops.authorised_as" if who else "shops.authorised", {"name": who}), None)
            self.look()

        def failed(error: Exception) -> None:
            if is_wanted():
                self._show(is_busy=False)
            self._fail(error)

        self._tasks.submit(
            lambda: self._authorising.finish(shop_id, pasted), granted, failed, owner=self, lane=Lane.SHOPS
        )

    def pull(self, shop: ShopView) -> None:
        """Pull a shop now."""

        def pulled(done: PulledNow) -> None:
            facts = {"name": shop.name, "new": done.new, "changed": done.changed}
            self._tell("good", Phrase("shops.pulled_now", facts), None)
            self.look()

        self._ask("pull", lambda: self._pulling.pull(shop.id), pulled, Phrase("shops.pulling", {"name": shop.name}))

    def pull_order(self, shop: ShopView, order_no: str) -> None:
        """Bring one order of a shop up to date by its number."""

        def pulled(number: str) -> None:
            self._tell("good", Phrase("shops.order_pulled", {"number": number}), None)
            self.look()

        words = Phrase("shops.pulling", {"name": shop.name})
        self._ask("pull", lambda: self._pulling.order(shop.id, order_no), pulled, words)

    def _ask(self, key: str, work: Callable[[], R], on_result: Callable[[R], None], words: Phrase) -> None:
        self._tell("busy", words, None)
        self._tasks.submit(work, on_result, self._complain, owner=self, key=key, lane=Lane.SHOPS)

    def say_no_browser(self) -> None:
        """No browser came up."""
        self._tell("notice", Phrase("shops.connect.no_browser"), None)

    def say_copied(self) -> None:
        """The address is where it can be pasted from."""
        self._tell("good", Phrase("shops.connect.copied"), None)

    def choose_kind(self, kind: str) -> None:
        """A new shop of another kind."""
        self._unwish("try", "save")
        self._show(kind=kind, tried=None, topic="", is_busy=False, round=self._screen.round + 1)

    def try_access(self, draft: ShopDraft) -> None:
        """Ask the shop with what is entered."""
        shop_id = self._screen.editing or None
        if self._screen.is_busy:
            return
        self._show(is_busy=True, tried=None, topic="")
        is_wanted = self._wish("try")

        def answered(at: datetime) -> None:
            if not is_wanted():
                # It is about what stood in a form that is gone.
                return
            self._show(is_busy=False, tried=True)
            self._tell("good", Phrase("shops.lets_us_in", {"at": f"{at.astimezone():%H:%M:%S}"}), None)

        def refused(error: Exception) -> None:
            if is_wanted():
                told = _told(error)
                self._show(is_busy=False, tried=False, **told)
                self._complain(error)

        self._tasks.submit(
            lambda: self._shops.try_access(draft, shop_id), answered, refused, owner=self, key="try", lane=Lane.SHOPS
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

        is_wanted = self._wish("save")

        def saved(result: object) -> None:
            was_wanted = is_wanted()
            if was_wanted:
                self._show(is_busy=False, editing=None)
            code = "shops.changed" if shop_id else "shops.added"
            self._tell("good", Phrase(code, {"name": draft.name}), None)
            saved_id = shop_id or (result if isinstance(result, int) else 0)
            self._tasks.submit(
                lambda: (self._shops.shops(), self._shops.kinds()),
                lambda seen: self._on_saved(seen, saved_id, is_new=not shop_id and was_wanted),
                self._fail,
                owner=self,
            )

        def failed(error: Exception) -> None:
            if is_wanted():
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

    def stop_telling(self, shop_id: int) -> None:
        """Tell a shop of no parcel any more; waits for the records, in whatever lane it is called."""
        self._shops.stop_telling(shop_id)

    def set_writes_notes(self, shop: ShopView, *, is_on: bool) -> None:
        """Notes that are written here are told to a shop from now on, or are not."""
        self._act(
            lambda: self._shops.set_writes_notes(shop.id, is_on=is_on),
            Phrase("shops.notes_on" if is_on else "shops.notes_off", {"name": shop.name}),
            lambda: self.set_writes_notes(shop, is_on=not is_on),
        )

    def set_confirm_at(self, shop: ShopView, moment: str) -> None:
        """When a shop is told that a parcel left."""
        before = shop.confirm_at
        self._act(
            lambda: self._shops.set_confirm_at(shop.id, moment),
            Phrase("shops.confirm_at_set", {"name": shop.name}),
            lambda: self.set_confirm_at(replace(shop, confirm_at=moment), before),
        )

    def set_hold(self, shop: ShopView, minutes: str) -> None:
        """How long unpaid orders of a shop keep their goods."""
        before = str(shop.hold_minutes)
        self._act(
            lambda: self._shops.set_hold(shop.id, int(minutes)),
            Phrase("shops.hold_set", {"name": shop.name}),
            lambda: self.set_hold(replace(shop, hold_minutes=int(minutes)), before),
        )

    def set_awaited(self, shop: ShopView, order_no: str, *, is_awaited: bool) -> None:
        """The program waits for an order that it could not take in, or lets it go."""
        self._act(
            lambda: self._shops.set_awaited(shop.id, order_no, is_awaited=is_awaited),
            Phrase("shops.unread.awaited" if is_awaited else "shops.unread.gone", {"number": order_no}),
            lambda: self.set_awaited(shop, order_no, is_awaited=not is_awaited),
        )

    def set_min_life(self, shop: ShopView, days: int) -> None:
        """How long goods have to last still when they are promised to this shop's orders."""
        before = shop.min_life_days
        if days == before:
            return
        self._act(
            lambda: self._shops.set_min_life(shop.id, days),
            Phrase("shops.min_life_set" if days else "shops.min_life_none", {"name": shop.name, "n": days}),
            lambda: self.set_min_life(replace(shop, min_life_days=days), before),
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

    def _on_saved(
        self, seen: tuple[tuple[ShopView, ...], tuple[ShopKind, ...]], shop_id: int, *, is_new: bool
    ) -> None:
        """A shop with a page of its platform's is let in next; of any other it is asked whose it is."""
        self._on_seen(seen)
        shop = next((one for one in self._screen.shops if one.id == shop_id), None)
        if shop is None or not shop.is_asked:
            return
        if shop.access is None:
            self._identify(shop)
        elif is_new and shop.access.state == "missing" and self._screen.editing is None:
            self.connect(shop_id)

    def _identify(self, shop: ShopView) -> None:
        def known(whose: str) -> None:
            if whose:
                self._tell("good", Phrase("shops.authorised_as", {"name": whose}), None)
                self.look()

        self._tasks.submit(
            lambda: self._authorising.identify(shop.id), known, self._complain, owner=self, lane=Lane.SHOPS
        )

    def _complain(self, error: Exception) -> None:
        """Say what the shop said in the clerk's language; its own words stand in the form."""
        topic = _told(error)["topic"]
        if topic:
            self._tell("stop", Phrase(f"shops.trouble.{topic}"), None)
        else:
            self._fail(error)

    def _on_seen(self, seen: tuple[tuple[ShopView, ...], tuple[ShopKind, ...]]) -> None:
        shops, kinds = seen
        self._show(shops=shops, kinds=kinds, is_known=True)
        if self._screen.editing == 0 and not self._screen.kind and kinds:
            # The key was quicker than the first reading: the form stands, and did not know yet what a shop may be.
            self.choose_kind(kinds[0].id)


def _told(error: Exception) -> dict[str, str]:
    """What the form says of a try that failed, where the shop itself said something."""
    facts = getattr(error, "facts", {})
    return {
        "topic": str(facts.get("topic", "")),
        "said": str(facts.get("words", "")),
        "said_code": str(facts.get("code_said", "")),
    }
