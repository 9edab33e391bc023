"""Counting with the scanner, without widgets: where somebody is, what the next scan means, what was said."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from core.counting.records import CountView, Scanned, SheetRow
from core.runtime.errors import Unavailable
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.errors import error_phrase
from desktop.pages.stocktake.ports import ScanDesk
from desktop.texts import Phrase

_MOST_TYPED: Final = 40
#: digits of a number that multiplies a scan; more are a code
_MOST_FACTOR: Final = 4
_START: Final = Phrase("count.say.start")


@dataclass(frozen=True, slots=True)
class CountScreen:
    """What the counting view shows.

    Attributes:
        view: sheet, places, last scans; None while they are read.
        mood: calm | good | notice | stop, of the sentence.
        what, more, way: the sentence.
        factor: what multiplies the next scan.
        typed: keys typed so far: a number, or a code where a scanner does not read it.
        batches: which batch is it? Chosen by number.
        unsent: scans that could not be stored yet; they are tried again before the next.
        asks: what the next press of the same key means: `zero` (nothing of the rest is here), `drop` (what was
            scanned here does not hold), `end_places`, `leave_open`, empty.
        find: goods that are not on the sheet, which a key puts onto it; None for none.
    """

    view: CountView | None = None
    mood: str = "calm"
    what: Phrase = _START
    more: Phrase | None = None
    way: Phrase | None = None
    factor: int = 1
    typed: str = ""
    batches: tuple[str, ...] = ()
    unsent: int = 0
    asks: str = ""
    find: Scanned | None = None


@dataclass(slots=True)
class _Wish:
    """A scan on its way: under its key it is stored once, however often it is sent.

    `pass_id` is the place it was made in, once that is known: the scan of a bin may still be on its way before it.
    """

    here: "_Here"
    sheet_id: int
    raw: str
    key: str
    qty: int
    batch: str | None = None
    pass_id: int | None = None


@dataclass(slots=True)
class _Here:
    """The way through a place that the next act is about; written in the lane of acts alone.

    Scans come faster than answers: goods that are scanned right after their bin have to find it here. `stuck` is the
    scan that could not be stored: until it is, none after it is sent, or goods would be counted in the bin before.
    """

    pass_id: int = 0
    stuck: "_Wish | None" = None

    def must_be_clear(self) -> None:
        """Raise `Unavailable` while a scan waits: what is finished or handed in without it would lack it."""
        if self.stuck is not None:
            raise Unavailable("count.unsent", "a scan could not be stored yet")


class CountPresenter(ScreenPresenter[CountScreen]):
    """One scan after the other, in the lane of acts; the newest says what to do next."""

    def __init__(
        self, desk: ScanDesk, tasks: Tasks, tell: Tell, nonce: Callable[[], str], on_sound: Callable[[str], None]
    ) -> None:
        super().__init__(CountScreen(), tell)
        self._desk = desk
        self._tasks = tasks
        self._nonce = nonce
        self._on_sound = on_sound
        self._sheet_id = 0
        self._here = _Here()
        self._batches: dict[int, str] = {}
        #: scans of goods of which batch is not known yet, with their SKUs; the first one is being asked about
        self._asked: list[tuple[_Wish, int]] = []
        self._asked_code = ""
        self._unsent: list[_Wish] = []
        self._is_looking = False
        self._looks_again = False
        #: the sheet was handed in
        self.on_submitted: Callable[[SheetRow], None] = lambda _sheet: None
        #: back to the list
        self.on_left: Callable[[], None] = lambda: None

    # --- opening ------------------------------------------------------------------------------------------------

    def open(self, sheet_id: int) -> None:
        """Count on this sheet; a place that was begun before goes on."""
        if sheet_id != self._sheet_id:
            self._sheet_id = sheet_id
            self._here = _Here()
            self._batches.clear()
            self._asked.clear()
            self._show_whole(CountScreen(unsent=len(self._unsent)))
        self._send_unsent()
        here = self._here

        def work() -> CountView:
            view = self._desk.count_view(sheet_id, here.pass_id)
            here.pass_id = view.pass_id
            return view

        self._act(work, self._on_view, self._fail)

    def look(self) -> None:
        """Read places and scans again, and send what could not be stored."""
        if not self._sheet_id:
            return
        self._send_unsent()
        self._look_at_view(is_whole=True)

    def _on_view(self, view: CountView) -> None:
        before = self._screen.view
        self._show(view=view)
        if before is None and view.sheet.state == "paused":
            self._say("notice", "count.say.paused", way=Phrase("count.way.resume"))
        elif before is None and view.pass_id:
            self._say("calm", "count.say.goes_on", bin=self._place(view.bin))

    # --- typing -------------------------------------------------------------------------------------------------

    def type_key(self, key: str) -> None:
        """A key: which batch, where that is asked; else of a number for the next scan, or of a code typed by hand."""
        if self._screen.batches and key.isdecimal():
            self.choose_batch(int(key))
        elif len(self._screen.typed) < _MOST_TYPED:
            self._show(typed=self._screen.typed + key)

    def rub_out(self) -> None:
        """The last key was wrong."""
        self._show(typed=self._screen.typed[:-1])

    def multiply(self) -> None:
        """The number is meant: the next scan counts so often."""
        typed = self._screen.typed
        if typed.isdecimal() and len(typed) <= _MOST_FACTOR:
            self._show(factor=max(int(typed), 1), typed="")

    def enter(self) -> None:
        """Enter: a short number multiplies the next scan; anything else is a code, as if it had been scanned."""
        typed = self._screen.typed
        if typed.isdecimal() and len(typed) <= _MOST_FACTOR:
            self.multiply()
        elif typed:
            self._show(typed="")
            self.scan(typed)

    def back(self) -> bool:
        """Esc: forget what was typed, the question, else go back to the list."""
        screen = self._screen
        if screen.typed or screen.factor != 1 or screen.batches or screen.asks or screen.find is not None:
            self._asked.clear()
            self._show(typed="", factor=1, batches=(), asks="", find=None)
            return True
        self.on_left()
        return True

    # --- scans --------------------------------------------------------------------------------------------------

    def scan(self, raw: str) -> None:
        """A code: a bin, goods, or something nobody knows."""
        view = self._screen.view
        if self._question_stands():
            return
        self._show(asks="", find=None)
        if view is not None and view.sheet.state != "counting":
            self._on_sound("wrong")
            self._say("notice", "count.say.paused", way=Phrase("count.way.resume"))
            return
        self.multiply()
        qty = self._screen.factor
        self._show(factor=1)
        self._send(_Wish(self._here, self._sheet_id, raw, self._nonce(), qty))

    def _send(self, wish: _Wish) -> None:
        self._send_unsent()
        self._submit(wish)

    def _submit(self, wish: _Wish) -> None:
        here = wish.here

        def work() -> Scanned:
            if here.stuck is not wish:
                here.must_be_clear()
            if wish.pass_id is None:
                wish.pass_id = here.pass_id
            is_still_here = wish.pass_id == here.pass_id
            rest = (wish.raw, wish.key, wish.qty, wish.batch)
            first = self._desk.first_scan
            here.stuck = None
            try:
                scanned = self._desk.scan(wish.pass_id, *rest) if wish.pass_id else first(wish.sheet_id, *rest)
            except Unavailable:
                here.stuck = wish
                raise
            if is_still_here:
                # A scan of the bin before that is answered late takes nobody back there.
                here.pass_id = scanned.pass_id
            return scanned

        self._act(work, self._on_scanned, lambda error: self._on_scan_refused(wish, error))

    def _send_unsent(self) -> None:
        waiting, self._unsent = self._unsent, []
        self._show(unsent=0)
        for wish in waiting:
            self._submit(wish)

    def _on_scan_refused(self, wish: _Wish, error: Exception) -> None:
        if isinstance(error, Unavailable):
            # Its key keeps it from being counted twice, should it have been stored after all.
            self._unsent.append(wish)
            self._show(unsent=len(self._unsent))
        facts: Any = getattr(error, "facts", {})
        if getattr(error, "code", "") != "count.which_batch":
            self._on_refused(error)
            return
        known = self._batches.get(facts["sku_id"])
        if known is not None and wish.batch is None:
            wish.batch = known
            self._send(wish)
            return
        self._on_sound("wrong")
        self._asked.append((wish, facts["sku_id"]))
        if len(self._asked) > 1:
            return
        self._asked_code = facts["sku"]
        self._show(batches=tuple(facts["batches"])[:9])
        self._say_which_batch()

    def _say_which_batch(self) -> None:
        self._say("notice", "count.say.which_batch", sku=self._asked_code, way=Phrase("count.way.batch"))

    def _question_stands(self) -> bool:
        """A scan waits for its batch: what comes before the answer would leave it counted nowhere. Asks again."""
        if self._screen.batches:
            self._on_sound("wrong")
            self._say_which_batch()
        return bool(self._screen.batches)

    def choose_batch(self, number: int) -> None:
        """The batch with this number; the next scans of these goods are of the same one."""
        batches = self._screen.batches
        if not self._asked or not 1 <= number <= len(batches):
            return
        asked, self._asked = self._asked, []
        self._batches[asked[0][1]] = batches[number - 1]
        self._show(batches=())
        for wish, sku_id in asked:
            # Of other goods it is asked once more.
            wish.batch = self._batches.get(sku_id)
            self._send(wish)

    def other_batch(self) -> None:
        """The next scan asks for the batch again."""
        self._batches.clear()
        self._say("calm", "count.say.batch_forgotten")

    def _on_scanned(self, scanned: Scanned) -> None:
        if scanned.kind == "bin":
            if not scanned.is_repeat:
                # What lies in the next place may be of another batch.
                self._batches.clear()
            self._on_sound("line")
            more = self._recount(scanned)
            self._say("notice" if more else "calm", "count.say.bin", bin=self._place(scanned.bin), more=more)
        elif scanned.kind == "find":
            self._on_sound("wrong")
            self._say_find(scanned)
        else:
            self._on_sound("unit")
            batch = Phrase("count.more.batch", {"batch": scanned.batch}) if scanned.batch else None
            more = batch or Phrase("count.more.goods", {"code": scanned.code, "spec": scanned.spec})
            counted = {"name": scanned.name, "qty": scanned.qty, "total": scanned.line_qty}
            again = self._recount(scanned)
            self._show(
                mood="notice" if again else "good",
                what=Phrase("count.say.goods", counted),
                more=again or more,
                way=None,
            )
        self._look_at_view()

    @staticmethod
    def _recount(scanned: Scanned) -> Phrase | None:
        """Said where somebody begins in a place that another one counts or has counted."""
        if scanned.pass_number == 1 or scanned.is_repeat or not scanned.other:
            return None
        # Whoever works where nobody signs in is no name.
        who = Phrase(f"person.{scanned.other}", otherwise=scanned.other)
        return Phrase("count.more.recount", {"other": who})

    def _say_find(self, scanned: Scanned) -> None:
        if scanned.sku_id is None:
            self._say("stop", "count.say.unknown", raw=scanned.raw, more=Phrase("count.more.kept"))
            return
        self._show(find=scanned)
        more = Phrase("count.more.lives", {"bin": scanned.home}) if scanned.home else Phrase("count.more.kept")
        self._say("notice", "count.say.not_on_sheet", name=scanned.name, more=more, way=Phrase("count.way.add"))

    def add_find(self) -> None:
        """Put the goods just found onto the sheet; their next scan counts."""
        find = self._screen.find
        if find is None or find.sku_id is None:
            return
        sheet_id, sku_id = self._sheet_id, find.sku_id
        self._show(find=None)

        def done(_line_id: int) -> None:
            self._say("good", "count.say.added", name=find.name)
            self.look()

        self._act(lambda: self._desk.add_goods(sheet_id, sku_id), done, self._on_refused)

    def undo(self) -> None:
        """Take back the last scan here."""
        here, key = self._here, self._nonce()

        def done(scanned: Scanned) -> None:
            self._on_sound("line")
            self._say("calm", "count.say.undone", name=scanned.name or "—", qty=-scanned.qty, total=scanned.line_qty)
            self._look_at_view()

        def work() -> Scanned:
            here.must_be_clear()
            return self._desk.undo_last(here.pass_id, key)

        self._show(asks="")
        self._send_unsent()
        self._act(work, done, self._on_refused)

    # --- places and the sheet -----------------------------------------------------------------------------------

    def finish_place(self) -> None:
        """Everything here is counted; goods that were not scanned are asked about, and the same key means none."""
        if self._question_stands():
            return
        here, key, sheet_id = self._here, self._nonce(), self._sheet_id
        missing = "zero" if self._screen.asks == "zero" else "ask"

        def work() -> CountView:
            here.must_be_clear()
            self._desk.finish_place(here.pass_id, key, missing)
            return self._elsewhere(sheet_id, here)

        def done(view: CountView) -> None:
            self._on_sound("complete")
            self._batches.clear()
            self._show(asks="", view=view)
            is_all = view.sheet.counted >= view.sheet.lines and not any(one.counters for one in view.places)
            self._say(
                "good", "count.say.place_done", way=Phrase("count.way.hand_in" if is_all else "count.way.next_bin")
            )

        self._send_unsent()
        self._act(work, done, self._on_left_over)

    def _on_left_over(self, error: Exception) -> None:
        if getattr(error, "code", "") == "count.some_left":
            self._show(asks="zero")
            facts: Any = getattr(error, "facts", {})
            self._on_sound("wrong")
            self._say("notice", "count.say.some_left", n=facts["n"], way=Phrase("count.way.zero"))
            return
        self._on_refused(error)

    def drop_place(self) -> None:
        """This was the wrong place: what was just counted here does not hold. Asked first where there is any."""
        here, sheet_id, view = self._here, self._sheet_id, self._screen.view
        if view is not None and view.scans and self._screen.asks != "drop":
            self._on_sound("wrong")
            self._show(asks="drop")
            self._say("notice", "count.say.drop", bin=self._place(view.bin), way=Phrase("count.way.drop"))
            return

        def work() -> CountView:
            here.must_be_clear()
            self._desk.drop_place(here.pass_id)
            return self._elsewhere(sheet_id, here)

        def done(view: CountView) -> None:
            self._asked.clear()
            self._batches.clear()
            self._show(asks="", batches=(), view=view)
            self._say("calm", "count.say.dropped")

        self._send_unsent()
        self._act(work, done, self._on_refused)

    def _elsewhere(self, sheet_id: int, here: _Here) -> CountView:
        """In the lane of acts: the place that was left open before, if any, is the one that is counted now."""
        view = self._desk.count_view(sheet_id, 0)
        here.pass_id = view.pass_id
        return view

    def pause_or_resume(self) -> None:
        """Stop for now, or go on."""
        view = self._screen.view
        if view is None or self._question_stands():
            return
        sheet_id, pauses, here = self._sheet_id, view.sheet.state == "counting", self._here

        def done(_none: None) -> None:
            self._say("calm" if pauses else "good", "count.say.paused" if pauses else "count.say.resumed")
            self.look()

        def work() -> None:
            if pauses:
                here.must_be_clear()
                self._desk.pause(sheet_id)
            else:
                self._desk.begin(sheet_id)

        self._send_unsent()
        self._act(work, done, self._on_refused)

    def submit(self) -> None:
        """Hand the sheet in; places left open and lines that nobody counted are asked about.

        The same key again ends those places, and leaves those lines out.
        """
        if self._question_stands():
            return
        sheet_id, asks, here = self._sheet_id, self._screen.asks, self._here
        leaves, ends = asks == "leave_open", asks in ("end_places", "leave_open")

        def done(sheet: SheetRow) -> None:
            self._on_sound("complete")
            self._tell("good", Phrase(f"count.submitted.{sheet.state}", {"number": sheet.number}), None)
            self._show(asks="")
            self.on_submitted(sheet)

        def work() -> SheetRow:
            here.must_be_clear()
            return self._desk.submit(sheet_id, leave_open=leaves, end_places=ends)

        self._send_unsent()
        self._act(work, done, self._on_not_all)

    def _on_not_all(self, error: Exception) -> None:
        code = getattr(error, "code", "")
        facts: Any = getattr(error, "facts", {})
        if code == "count.still_counted" and facts["can_end"]:
            self._show(asks="end_places")
            said = {"bin": facts["bin"], "counter": facts["counter"]}
            code = "count.say.place_own" if facts["is_own"] else "count.say.place_open"
            self._say("notice", code, way=Phrase("count.way.end_places"), **said)
            return
        if code == "count.not_all":
            self._show(asks="leave_open")
            self._say("notice", "count.say.not_all", n=facts["n"], way=Phrase("count.way.leave"))
            return
        self._on_refused(error)

    # --- saying -------------------------------------------------------------------------------------------------

    def _look_at_view(self, *, is_whole: bool = False) -> None:
        """Read the place of the last scan again, or the whole sheet; once at a time, however many scans come.

        What is asked for meanwhile may be about several places: then everything is read once more.
        """
        if self._is_looking:
            self._looks_again = True
            return
        self._is_looking, self._looks_again = True, False
        sheet_id, here, seen = self._sheet_id, self._here, None if is_whole else self._screen.view

        def came(view: CountView) -> None:
            self._is_looking = False
            if sheet_id == self._sheet_id:
                self._on_view(view)
            if self._looks_again:
                self._look_at_view(is_whole=True)

        def failed(error: Exception) -> None:
            self._is_looking = False
            self._fail(error)

        self._tasks.submit(lambda: self._desk.count_view(sheet_id, here.pass_id, seen), came, failed, owner=self)

    def _on_refused(self, error: Exception) -> None:
        self._on_sound("wrong")
        self._show(mood="stop", what=error_phrase(error), more=None, way=None)

    def _say(
        self, mood: str, code: str, *, more: Phrase | None = None, way: Phrase | None = None, **facts: object
    ) -> None:
        self._show(mood=mood, what=Phrase(code, facts), more=more, way=way)

    @staticmethod
    def _place(place: str) -> str | Phrase:
        return place or Phrase("count.no_bin")

    def _act(
        self, work: Callable[[], Any], on_result: Callable[[Any], None], on_error: Callable[[Exception], None]
    ) -> None:
        sheet_id = self._sheet_id

        def came(result: Any) -> None:
            # What another sheet answers late is stored, and no news on this one.
            if sheet_id == self._sheet_id:
                on_result(result)

        self._tasks.submit(work, came, on_error, owner=self, lane=Lane.ACTS)
