"""The page of quotas without widgets: what is listed, what is open, and what is decided."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from core.channels.stock_table import PlatformRules
from core.desk.quotas import QuotaDetail
from core.inventory.quotas.listing import QuotaFilter
from core.inventory.quotas.plans import PlanDraft
from core.inventory.quotas.records import QuotaRow, SkuQuotas
from core.inventory.quotas.states import Mode
from core.runtime.ids import SkuId, WarehouseId
from desktop.bridge.paging import ListPresenter, Page
from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.quotas.ports import QuotaDesk
from desktop.texts import Phrase


@dataclass(frozen=True, slots=True)
class QuotaScreen:
    """What the page shows beside the rows.

    Attributes:
        counts: texts for the chips.
        detail: the open SKU.
        asked: the act that was asked about; pressing the same button again means it.
        is_saving: a decision is on its way.
        rules: the platform table while it is shown, else None.
        round: grows whenever the form is to be filled anew.
        acts_done: grows with each act.
    """

    wanted: QuotaFilter = field(default_factory=QuotaFilter)
    is_loading: bool = False
    is_known_empty: bool = False
    counts: Mapping[str, str] = field(default_factory=dict)
    detail: QuotaDetail | None = None
    asked: str = ""
    is_saving: bool = False
    rules: tuple[PlatformRules, ...] | None = None
    round: int = 0
    acts_done: int = 0


class QuotaPresenter(ListPresenter[QuotaScreen]):
    """Reads in the lane of reads; a newer wish makes an older answer worthless."""

    def __init__(self, quotas: QuotaDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(QuotaScreen(), tasks, tell)
        self._quotas = quotas
        self._opens_first = ""
        self._wished: SkuId | None = None
        #: the plan was saved: the form shows what the next answer says, and not what stood there before
        self._fills_anew = False
        #: leads to the button that stops the sale of a SKU, or of everything
        self.on_stop: Callable[[str], None] = lambda _sku_code: None
        #: leads to where a shop's owner sees what would be written, and switches it on; by id and name
        self.on_start: Callable[[int, str], None] = lambda _shop_id, _name: None

    def stop_sale(self) -> None:
        """Go to the button that stops a sale; the open goods stand there already."""
        detail = self._screen.detail
        self.on_stop("" if detail is None else detail.sku.code)

    # --- the list -----------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read again what is shown, as far down as it was loaded."""
        self._list(self._screen.wanted, is_again=True)
        self._reopen()

    def refresh_beside(self) -> None:
        """Read counts and the open SKU again, and leave the rows as they are."""
        self._count()
        self._reopen()

    def choose_pile(self, pile: str) -> None:
        """Show another pile."""
        self._list(replace(self._screen.wanted, pile=pile))

    def search(self, words: str) -> None:
        """Show what matches; a search looks into every pile."""
        words = words.strip()
        self._list(QuotaFilter("all" if words else "told", words))

    def find(self, raw: str) -> None:
        """A scanned code: show its goods and open them."""
        self._opens_first = raw.strip()
        self._list(QuotaFilter("all", raw.strip()))

    def more(self, after: object) -> None:
        """The list was scrolled near its end."""
        wanted = self._screen.wanted
        if isinstance(after, str):
            self._read_more(
                lambda rows: self._quotas.page(wanted, after, rows), lambda: wanted == self._screen.wanted
            )

    # --- one SKU ------------------------------------------------------------------------------------------------

    def open(self, sku_id: SkuId) -> None:
        """Show everything about a SKU."""
        is_other = self._wished != sku_id
        self._unwish("rules")
        self._wished = sku_id
        self._show(rules=None, asked="" if is_other else self._screen.asked)
        self._tasks.submit(
            lambda: self._quotas.detail(sku_id),
            lambda detail: self._on_detail(detail, is_other=is_other),
            self._fail,
            owner=self,
            key="detail",
        )

    def close(self) -> bool:
        """Close the drawer; whether one was open."""
        was_open = self._screen.detail is not None or self._screen.rules is not None
        self._unwish("rules")
        self._wished = None
        self._show(detail=None, rules=None, asked="")
        return was_open

    def show_rules(self) -> None:
        """Show how every platform's numbers behave."""
        self._wished = None
        is_wanted = self._wish("rules")

        def came(rules: tuple[PlatformRules, ...]) -> None:
            if is_wanted():
                self._show(detail=None, rules=rules, asked="")

        self._tasks.submit(self._quotas.rule_table, came, self._fail, owner=self, key="detail")

    # --- deciding -----------------------------------------------------------------------------------------------

    def save_plan(self, draft: PlanDraft, safety: Mapping[WarehouseId, int]) -> None:
        """Decide how the open SKU is told to the shops, and what stays with us; the message takes it back."""
        detail = self._screen.detail
        if detail is None:
            return
        sku = detail.sku
        before = {place.id: sku.safety_by_warehouse.get(place.id, 0) for place in detail.warehouses}
        changed = {place: qty for place, qty in safety.items() if before.get(place) != qty}

        stood = PlanDraft(sku.mode, sku.buffer_qty, sku.min_lot, sku.park_qty, sku.parked_shop_id)
        facts: dict[str, object] = {"code": sku.code}

        def put_back() -> None:
            kept = {place: before[place] for place in changed}
            back = Phrase("quotas.done.plan_back", facts)
            self._act(lambda: self._quotas.set_plan(sku.sku_id, stood, kept), back, fills_anew=True)

        def work() -> None:
            self._quotas.set_plan(sku.sku_id, draft, changed)

        self._act(work, Phrase("quotas.done.plan", facts), put_back, fills_anew=True)

    def take_proposal(self) -> None:
        """Take the mode that the program proposes, everything else as it is."""
        detail = self._screen.detail
        if detail is not None:
            sku = detail.sku
            draft = PlanDraft(detail.proposal.mode, sku.buffer_qty, sku.min_lot, sku.park_qty, sku.parked_shop_id)
            self.save_plan(draft, {})

    def grant(self, quota: QuotaRow, qty: int) -> None:
        """Give a shop the right to sell more."""
        done = Phrase("quotas.done.grant", {"n": qty, "shop": quota.shop_name})
        self._act(lambda: self._quotas.grant(quota.quota_id, qty), done)

    def withdraw(self, quota: QuotaRow, qty: int) -> None:
        """Ask a shop for units back."""
        code = "quotas.done.withdraw_shared" if self._shares_out else "quotas.done.withdraw"
        done = Phrase(code, {"n": qty, "shop": quota.shop_name})
        self._act(lambda: self._quotas.withdraw(quota.quota_id, qty), done)

    def read_number(self, quota: QuotaRow) -> None:
        """Have the platform's number read."""
        done = Phrase("quotas.done.read", {"shop": quota.shop_name})
        self._act(lambda: self._quotas.read_number(quota.quota_id), done)

    def set_weight(self, quota: QuotaRow, weight: int | None) -> None:
        """Give a shop a share of its own; None: by what it sells."""
        done = Phrase("quotas.done.weight", {"shop": quota.shop_name})
        self._act(lambda: self._quotas.set_weight(quota.quota_id, weight), done)

    def take_theirs(self, quota: QuotaRow) -> None:
        """The platform's number becomes the right; asked about first."""
        facts: dict[str, object] = {"shop": quota.shop_name, "theirs": quota.listed_qty}
        code = "quotas.ask.theirs_shared" if self._shares_out else "quotas.ask.theirs"
        if self._is_meant(f"theirs:{quota.quota_id}", Phrase(code, facts)):
            self._act(lambda: self._quotas.take_theirs(quota.quota_id), Phrase("quotas.done.theirs", facts))

    def put_ours(self, quota: QuotaRow) -> None:
        """The platform's number is brought back to the right; asked about first."""
        facts: dict[str, object] = {"shop": quota.shop_name, "ours": quota.drift_right_qty}
        if self._is_meant(f"ours:{quota.quota_id}", Phrase("quotas.ask.ours", facts)):
            self._act(lambda: self._quotas.put_ours(quota.quota_id), Phrase("quotas.done.ours", facts))

    def switch_writes(self, quota: QuotaRow) -> None:
        """Write to a shop no longer, asked about first: it is about all its goods. Else go where it is started."""
        if not quota.writes_stock:
            self.on_start(quota.shop_id, quota.shop_name)
            return
        facts: dict[str, object] = {"shop": quota.shop_name}
        if self._is_meant(f"writes:{quota.shop_id}", Phrase("quotas.ask.writes_off", facts)):
            done = Phrase("quotas.done.writes_off", facts)
            self._act(lambda: self._quotas.stop_writing(quota.shop_id), done)

    @property
    def _shares_out(self) -> bool:
        """Whether the program itself gives and takes of the open SKU, by what each shop sells."""
        detail = self._screen.detail
        return detail is not None and detail.sku.mode is Mode.QUOTA

    def _act(
        self,
        work: Callable[[], object],
        done: Phrase,
        undo: Callable[[], None] | None = None,
        *,
        fills_anew: bool = False,
    ) -> None:
        if self._screen.is_saving:
            return
        self._show(is_saving=True, asked="")

        def finished(_result: object) -> None:
            self._fills_anew = self._fills_anew or fills_anew
            self._show(is_saving=False, acts_done=self._screen.acts_done + 1)
            self._tell("good", done, undo)
            self.reload()

        def refused(error: Exception) -> None:
            self._show(is_saving=False)
            self._fail(error)

        self._tasks.submit(work, finished, refused, owner=self, lane=Lane.ACTS)

    # --- within -------------------------------------------------------------------------------------------------

    def _list(self, wanted: QuotaFilter, *, is_again: bool = False) -> None:
        self._show(wanted=wanted, is_loading=True)
        self._read_first(lambda rows: self._quotas.page(wanted, None, rows), is_again=is_again)
        self._count()

    def _count(self) -> None:
        words = self._screen.wanted.search

        def came(counts: Mapping[str, int]) -> None:
            self._show(counts={pile: str(number) for pile, number in counts.items()})

        self._tasks.submit(lambda: self._quotas.counts(words), came, lambda _error: None, owner=self, key="counts")

    def _reopen(self) -> None:
        if self._wished is not None:
            self.open(self._wished)

    def _on_first(self, page: Page[SkuQuotas], *, is_again: bool) -> None:
        super()._on_first(page, is_again=is_again)
        scanned, self._opens_first = self._opens_first, ""
        if scanned and len(page.rows) == 1:
            self.open(page.rows[0].sku_id)
        elif scanned and not page.rows:
            self._tell("notice", Phrase("stock.unknown_code", {"code": scanned}), None)

    def _on_detail(self, detail: QuotaDetail | None, *, is_other: bool) -> None:
        if self._wished is None or (detail is not None and detail.sku.sku_id != self._wished):
            return
        if detail is None:
            self._wished = None
            self._tell("notice", Phrase("stock.gone"), None)
        is_anew, self._fills_anew = is_other or self._fills_anew, False
        self._show(detail=detail, round=self._screen.round + is_anew)
