"""The entry page without widgets: a draft that grows, and what is known about its receiver."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.customers.address_parsing import ParsedReceiver
from core.orders.entry_records import (
    CopiedOrder,
    EnteredLine,
    EnteredOrder,
    EnteredReceiver,
    OrderDraft,
    ReceiverOnFile,
    SkuChoice,
)
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.errors import error_phrase
from desktop.pages.entry.ports import EntryDesk
from desktop.texts import Phrase

#: the receiver's fields in their order, and the part of the pasted text that says how sure each is
FIELDS: Mapping[str, str] = {
    "name": "name",
    "phone": "phone",
    "province": "region",
    "city": "region",
    "district": "region",
    "address": "address",
    "postcode": "",
}
_UNCONFIRMED, _TWICE = "entry.address_unconfirmed", "entry.twice"


@dataclass(frozen=True, slots=True)
class DraftLine:
    """Goods on the order, with the words the form shows."""

    goods: SkuChoice
    line: EnteredLine


@dataclass(frozen=True, slots=True)
class EntryScreen:
    """What the page shows.

    Attributes:
        sureness: field -> sure | likely | guess | missing, of what was pasted; fields typed since are left out.
        copied: the order whose receiver is taken unseen; None where the receiver is entered.
        found: goods that fit what was searched; `is_searched` once somebody has looked.
        on_file: what is known of the customer.
        bad_field: the field of the last refusal, for the focus.
        twin: the like order the clerk was told of; the next saving means another one.
        round: grows with each new draft, so that the page knows to fill its fields again.
    """

    receiver: EnteredReceiver = field(default_factory=EnteredReceiver)
    sureness: Mapping[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    leftover: tuple[str, ...] = ()
    copied: CopiedOrder | None = None
    lines: tuple[DraftLine, ...] = ()
    found: tuple[SkuChoice, ...] = ()
    is_searched: bool = False
    on_file: ReceiverOnFile | None = None
    address_word: str = ""
    order_type: str = "normal"
    copied_from: int | None = None
    buyer_note: str = ""
    seller_note: str = ""
    freight_fen: int = 0
    bad_field: str = ""
    twin: str = ""
    is_saving: bool = False
    round: int = 0

    @property
    def total_fen(self) -> int:
        """What the order comes to."""
        return sum(one.line.qty * one.line.unit_price_fen for one in self.lines) + self.freight_fen

    @property
    def is_begun(self) -> bool:
        """Whether anything would be lost by throwing it away."""
        has_words = any(getattr(self.receiver, name) for name in FIELDS) or self.buyer_note or self.seller_note
        return bool(self.lines or self.copied or has_words)


class EntryPresenter(ScreenPresenter[EntryScreen]):
    """Asks in the lane of reads; saving is an act. A newer question makes an older answer worthless."""

    def __init__(
        self,
        entry: EntryDesk,
        tasks: Tasks,
        tell: Tell,
        on_saved: Callable[[EnteredOrder], None] = lambda _order: None,
    ) -> None:
        """`on_saved` is told of each stored order."""
        super().__init__(EntryScreen(), tell)
        self._entry = entry
        self._tasks = tasks
        self._on_saved = on_saved
        self._asked_for = EnteredReceiver()

    # --- the receiver -------------------------------------------------------------------------------------------

    def paste(self, text: str) -> None:
        """Take a pasted receiver apart and fill the fields."""
        if text.strip():
            self._tasks.submit(lambda: self._entry.parse(text), self._on_parsed, self._fail, owner=self, key="parse")

    def put_field(self, name: str, text: str) -> None:
        """The clerk typed into a field of the receiver."""
        if getattr(self._screen.receiver, name) == text:
            return
        sureness = {key: word for key, word in self._screen.sureness.items() if key != name}
        receiver = replace(self._screen.receiver, **{name: text})
        self._show(receiver=receiver, sureness=sureness, bad_field="", twin="")
        self._forget_word()

    def look_up(self) -> None:
        """Ask what is known of the customer, once a field is left."""
        receiver = self._screen.receiver
        if receiver == self._asked_for or self._screen.copied is not None:
            return
        self._asked_for = receiver
        if not receiver.phone.strip():
            self._show(on_file=None, address_word="")
            return
        self._tasks.submit(
            lambda: self._entry.on_file(receiver), self._on_file, self._fail, owner=self, key="on_file"
        )

    def say_address(self, word: str) -> None:
        """Which address is right: `on_file` or `entered`."""
        if self._screen.on_file is not None or self._screen.copied is not None:
            self._show(address_word=word)

    def enter_receiver(self) -> None:
        """Type a receiver instead of taking the old order's."""
        self._show(copied=None, on_file=None, address_word="", round=self._screen.round + 1)

    # --- goods --------------------------------------------------------------------------------------------------

    def search(self, piece: str) -> None:
        """Look for goods; where only one fits, it goes onto the order."""
        if piece.strip():
            self._tasks.submit(
                lambda: self._entry.goods(piece),
                lambda found: self._on_found(piece, found),
                self._fail,
                owner=self,
                key="goods",
            )

    def add(self, goods: SkuChoice) -> None:
        """Put goods onto the order; goods that stand there already become more."""
        lines = list(self._screen.lines)
        for place, one in enumerate(lines):
            if one.goods.sku_id == goods.sku_id and not one.line.is_gift:
                lines[place] = replace(one, line=replace(one.line, qty=one.line.qty + goods.unit_qty))
                break
        else:
            lines.append(DraftLine(goods, EnteredLine(goods.sku_id, goods.unit_qty)))
        self._show(lines=tuple(lines), found=(), is_searched=False, twin="")

    def change_line(self, place: int, **changes: Any) -> None:
        """Change quantity, price or gift of a line."""
        lines = list(self._screen.lines)
        if place < len(lines):
            line = replace(lines[place].line, **changes)
            if line.is_gift:
                line = replace(line, unit_price_fen=0)
            lines[place] = replace(lines[place], line=line)
            self._show(lines=tuple(lines), twin="")

    def remove_line(self, place: int) -> None:
        """Take a line off the order; the message offers to put it back."""
        lines = self._screen.lines
        if place >= len(lines):
            return
        gone = lines[place]
        self._show(lines=(*lines[:place], *lines[place + 1 :]), twin="")

        def put_back() -> None:
            now = self._screen.lines
            self._show(lines=(*now[:place], gone, *now[place:]))

        self._tell("good", Phrase("entry.line_removed", {"name": gone.goods.name}), put_back)

    # --- the rest of the order ------------------------------------------------------------------------------------

    def put(self, **changes: Any) -> None:
        """Change type, notes or freight."""
        self._show(**changes, twin="")

    def start_copy(self, order_id: int, order_type: str) -> None:
        """Begin with an old order: sent once more (`reship`) or ordered again (`normal`)."""

        def copied(order: CopiedOrder) -> None:
            if self._screen.is_begun:
                self._offer_back(self._screen)
            lines = tuple(
                # What is sent once more is paid already.
                DraftLine(goods, replace(line, unit_price_fen=0) if order_type == "reship" else line)
                for goods, line in order.lines
            )
            self._start(
                EntryScreen(
                    copied=order, lines=lines, order_type=order_type, copied_from=order_id, on_file=order.on_file
                )
            )
            if order.unmatched:
                self._tell("notice", Phrase("entry.copy_unmatched", {"goods": "，".join(order.unmatched)}), None)

        self._tasks.submit(lambda: self._entry.copy(order_id), copied, self._fail, owner=self, key="copy")

    def clear(self) -> None:
        """Throw the draft away; the message offers to bring it back."""
        if self._screen.is_begun:
            self._offer_back(self._screen)
        self._start(EntryScreen())

    def save(self) -> None:
        """Store the order."""
        screen = self._screen
        if screen.is_saving:
            return
        draft = OrderDraft(
            lines=tuple(one.line for one in screen.lines),
            receiver=screen.receiver,
            receiver_of=None if screen.copied is None else screen.copied.order_id,
            order_type=screen.order_type,
            copied_from=screen.copied_from,
            buyer_note=screen.buyer_note,
            seller_note=screen.seller_note,
            freight_fen=screen.freight_fen,
            address_word=screen.address_word,
            is_meant_twice=bool(screen.twin),
        )
        self._show(is_saving=True, bad_field="")
        self._tasks.submit(
            lambda: self._entry.save(draft), self._on_stored, self._on_refused, owner=self, lane=Lane.ACTS
        )

    # --- answers --------------------------------------------------------------------------------------------------

    def _on_parsed(self, found: ParsedReceiver) -> None:
        entered = EnteredReceiver(**{name: getattr(found, name) for name in FIELDS})
        words = {part: sure.value for part, sure in found.sureness.items()}
        self._show(
            receiver=entered,
            sureness={name: words[part] for name, part in FIELDS.items() if part in words},
            doubts=found.doubts,
            leftover=found.leftover,
            copied=None,
            bad_field="",
            twin="",
            round=self._screen.round + 1,
        )
        self._forget_word()
        self.look_up()

    def _on_file(self, known: ReceiverOnFile | None) -> None:
        self._show(on_file=known, address_word="" if known is None else self._screen.address_word)

    def _on_found(self, piece: str, found: Sequence[SkuChoice]) -> None:
        if len(found) == 1:
            self.add(found[0])
            return
        self._show(found=tuple(found), is_searched=True)
        if not found:
            self._tell("notice", Phrase("entry.goods_unknown", {"piece": piece.strip()}), None)

    def _on_stored(self, order: EnteredOrder) -> None:
        code = "entry.saved_short" if order.is_short else "entry.saved"
        self._start(EntryScreen())
        self._tell("notice" if order.is_short else "good", Phrase(code, {"order_no": order.order_no}), None)
        self._on_saved(order)

    def _on_refused(self, error: Exception) -> None:
        code, facts = getattr(error, "code", ""), getattr(error, "facts", {})
        named = str(facts.get("field", ""))
        self._show(
            is_saving=False,
            bad_field="on_file" if code == _UNCONFIRMED else named,
            twin=str(facts.get("order_no", "")) if code == _TWICE else "",
        )
        phrase = error_phrase(error)
        if named:
            phrase = Phrase(phrase.code, {**phrase.facts, "field": Phrase(f"entry.field.{named}")})
        self._tell("notice" if code in {_UNCONFIRMED, _TWICE} else "stop", phrase, None)
        if code == _UNCONFIRMED:
            self._asked_for = EnteredReceiver()
            self.look_up()

    # --- within ---------------------------------------------------------------------------------------------------

    def _forget_word(self) -> None:
        """What was said of the address was said of another one."""
        if self._screen.address_word:
            self._show(address_word="")

    def _offer_back(self, before: EntryScreen) -> None:
        self._tell("good", Phrase("entry.cleared"), lambda: self._start(before))

    def _start(self, screen: EntryScreen) -> None:
        self._asked_for = EnteredReceiver()
        self._show_whole(replace(screen, round=self._screen.round + 1, is_saving=False))
