"""The page of limits without widgets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from core.desk.low_stock import LowStockView, StopPreview
from core.inventory.stopping.records import BreakerRuleRow, RuleDraft, StopRow, TripRow
from core.orders.limits.records import LimitRule, Step
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.limits.ports import LowStockDesk
from desktop.texts import Phrase

#: the parts of the page
PARTS: Final = ("stops", "limits", "breaker", "flagged")


@dataclass(frozen=True, slots=True)
class LimitsScreen:
    """What the page shows.

    Attributes:
        part: one of PARTS.
        view: everything of one moment; None until it was read.
        form: stop | limit | rule, empty where none is open.
        sku_code: whose stop the form begins with.
        limit, rule: what is in the form; None for a new one.
        preview: what the stop would do, for just what the form says; None before anybody looked, or after a change.
        wanted: what was looked at: SKU code and shops.
        round: grows with each opened form, so that the page fills its fields.
    """

    part: str = "stops"
    view: LowStockView | None = None
    form: str = ""
    sku_code: str = ""
    limit: LimitRule | None = None
    rule: BreakerRuleRow | None = None
    preview: StopPreview | None = None
    wanted: tuple[str, tuple[int, ...]] = ("", ())
    is_busy: bool = False
    round: int = 0


class LimitsPresenter(ScreenPresenter[LimitsScreen]):
    """Reads in the lane of reads, writes in the lane of acts."""

    def __init__(self, desk: LowStockDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(LimitsScreen(), tell)
        self._desk = desk
        self._tasks = tasks
        #: opens an order
        self.on_order: Callable[[int], None] = lambda _order_id: None

    def look(self) -> None:
        """Read everything that is shown again."""
        self._tasks.submit(self._desk.view, self._on_view, self._fail, owner=self, key="look")

    def choose_part(self, part: str) -> None:
        """Show another part of the page."""
        self._show(part=part, form="")

    def close(self) -> bool:
        """Close the form; whether one was open."""
        was_open = bool(self._screen.form)
        self._unwish("preview")
        self._show(form="", preview=None)
        return was_open

    # --- forms ----------------------------------------------------------------------------------------------------

    def begin_stop(self, sku_code: str = "") -> None:
        """Open the form of the one button."""
        self._unwish("preview")
        changes = {"part": "stops", "form": "stop", "sku_code": sku_code, "preview": None}
        self._show(**changes, round=self._screen.round + 1)

    def edit_limit(self, limit: LimitRule | None) -> None:
        """Open the form of a purchase limit; None for a new one."""
        self._show(part="limits", form="limit", limit=limit, round=self._screen.round + 1)

    def edit_rule(self, rule: BreakerRuleRow | None) -> None:
        """Open the form of a rule of the breaker; None for a new one."""
        self._show(part="breaker", form="rule", rule=rule, round=self._screen.round + 1)

    # --- the button -----------------------------------------------------------------------------------------------

    def look_ahead(self, sku_code: str, shop_ids: Sequence[int]) -> None:
        """Say what a stop of this would do."""
        wanted = (sku_code.strip(), tuple(shop_ids))

        is_wanted = self._wish("preview")

        def seen(preview: StopPreview) -> None:
            if self._screen.form == "stop" and is_wanted():
                self._show(preview=preview, wanted=wanted)

        self._tasks.submit(
            lambda: self._desk.preview(wanted[0], wanted[1]), seen, self._fail, owner=self, key="preview"
        )

    def forget_preview(self) -> None:
        """What the form says has changed: nothing may be stopped by what was seen before."""
        self._unwish("preview")
        self._show(preview=None)

    def stop(self, reason: str) -> None:
        """Stop what was looked at."""
        screen = self._screen
        if screen.preview is None or screen.is_busy:
            return
        sku_code, shop_ids = screen.preview.sku_code, screen.wanted[1]
        self._act(
            lambda: self._desk.stop(sku_code, shop_ids, reason),
            Phrase("limits.stopped" if sku_code else "limits.stopped_all", {"sku": sku_code}),
            tone="notice",
        )

    def lift(self, stop: StopRow) -> None:
        """Let it be sold again."""
        done = Phrase("limits.lifted" if stop.sku_code else "limits.lifted_all", {"sku": stop.sku_code})
        self._act(lambda: self._desk.lift(stop.id), done)

    def mark_shop(self, stop: StopRow, shop_id: int, *, is_done: bool) -> None:
        """A shop was seen to by hand, or was not after all."""
        self._act(lambda: self._desk.mark_shop(stop.id, shop_id, is_done=is_done), None)

    def put_away(self, stop: StopRow) -> None:
        """Nothing is left to be done for a lifted stop."""
        self._act(lambda: self._desk.close(stop.id), None)

    def copied(self, count: int) -> None:
        """The names of links are in the clipboard."""
        self._tell("good", Phrase("limits.copied", {"n": count}), None)

    def accept(self, trip: TripRow) -> None:
        """Do what the breaker proposes."""
        self._act(lambda: self._desk.accept(trip.id), Phrase("limits.accepted"), tone="notice")

    def let_go(self, trip: TripRow) -> None:
        """Say no, or let it be sold again."""
        self._act(lambda: self._desk.let_go(trip.id), Phrase("limits.let_go"))

    # --- rules ----------------------------------------------------------------------------------------------------

    def save_limit(self, sku_code: str, window_days: int, steps: Sequence[Step], *, is_active: bool) -> None:
        """Keep what the form says."""
        self._act(
            lambda: self._desk.put_limit(sku_code, window_days, steps, is_active=is_active), Phrase("limits.saved")
        )

    def drop_limit(self, limit: LimitRule) -> None:
        """Take a limit away; the message gives it back."""

        def again() -> None:
            self.save_limit(limit.sku_code, limit.window_days, limit.steps, is_active=limit.is_active)

        self._act(lambda: self._desk.drop_limit(limit.id), Phrase("limits.dropped"), undo=again)

    def save_rule(self, draft: RuleDraft) -> None:
        """Keep what the form says."""
        rule = self._screen.rule
        rule_id = None if rule is None else rule.id
        self._act(lambda: self._desk.put_breaker_rule(rule_id, draft), Phrase("limits.rule_saved"))

    def drop_rule(self, rule: BreakerRuleRow) -> None:
        """Take a rule away; the message gives it back."""

        def again() -> None:
            self._act(lambda: self._desk.put_breaker_rule(None, rule.draft), Phrase("limits.rule_saved"))

        self._act(lambda: self._desk.drop_breaker_rule(rule.id), Phrase("limits.rule_dropped"), undo=again)

    def refuse_entry(self, code: str) -> None:
        """What the form says cannot be read."""
        self._tell("stop", Phrase(code), None)

    # --- behind ---------------------------------------------------------------------------------------------------

    def _act(
        self,
        work: Callable[[], object],
        done: Phrase | None,
        *,
        tone: str = "good",
        undo: Callable[[], None] | None = None,
    ) -> None:
        if self._screen.is_busy:
            return
        self._show(is_busy=True)

        def finished(_result: object) -> None:
            self._show(is_busy=False, form="", preview=None)
            if done is not None:
                self._tell(tone, done, undo)
            self.look()

        def failed(error: Exception) -> None:
            self._show(is_busy=False)
            self._fail(error)
            self.look()

        self._tasks.submit(work, finished, failed, owner=self, lane=Lane.ACTS)

    def _on_view(self, view: LowStockView) -> None:
        self._show(view=view)
