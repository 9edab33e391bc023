"""Rows of a table as canonical orders: whole orders or none of their rows, and every refusal with its place.

Rows of one order number are one order. A row without order number belongs to the order above it: that is how cells
merged over several rows read. What belongs to the order may stand in any of its rows, but not differently in two.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee
from core.files import people, words
from core.files.cells import BadCell, code_of, moment_of, money_of, number_of, quantity_of, text_of
from core.files.fields import PERSONAL, Row
from core.files.mapping import Mapped
from core.files.numbers import numbers_in
from core.files.records import Cell, NumberSaid, Rejected, Table
from core.runtime.errors import Refused
from core.waybills.carriers import tidied

T = TypeVar("T")

_LINE_FIELDS = ("title", "merchant_code", "qty", "line_no", "channel_sku_id")
_SAME_IN_ALL = ("receiver", "phone", "address", "buyer")
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class OrderTable:
    """What the tables say: orders in the order of the file, and the rows that were refused."""

    orders: Sequence[ChannelOrder] = field(repr=False)
    rejected: Sequence[Rejected]
    #: orders whose receiver the platform masks
    masked: int
    #: order number -> waybill numbers that it has on the platform already, of orders that are still to be sent
    numbers: Mapping[str, Sequence[NumberSaid]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A table with its mapping."""

    table: Table
    mapped: Mapped


@dataclass(slots=True)
class _Group:
    """The rows of one order number, in up to two tables."""

    order_no: str
    heads: list[tuple[Source, Row]] = field(default_factory=list)
    lines: list[tuple[Source, Row]] = field(default_factory=list)
    is_broken: bool = False


class _BadField(Exception):
    def __init__(self, source: Source, row: Row, name: str, reason: str, cell: Cell = None) -> None:
        super().__init__(reason)
        self.where = (source, row, name, reason, cell)


def orders_of(sources: Sequence[Source]) -> OrderTable:
    """The orders of one table, or of an order list and its list of goods together.

    Raises:
        Refused: `files.needs_goods`, an order list without its goods; `files.needs_orders`, the other way round;
            `files.not_together`, tables that do not belong together.
    """
    kinds = sorted(source.mapped.preset.kind for source in sources)
    rejected: list[Rejected] = []
    if set(kinds) == {"orders"}:
        groups = _grouped(sources, rejected)
    elif kinds == ["order_heads", "order_lines"]:
        groups = _joined(sources, rejected)
    elif set(kinds) == {"order_heads"}:
        raise Refused("files.needs_goods", "this is the list of orders; choose the list of their goods with it")
    elif set(kinds) == {"order_lines"}:
        raise Refused("files.needs_orders", "this is the list of goods; choose the list of orders with it")
    else:
        raise Refused("files.not_together", "these tables do not belong together")
    orders = []
    numbers: dict[str, Sequence[NumberSaid]] = {}
    known = {(one.file, one.row) for one in rejected}
    for group in groups.values():
        order = None if group.is_broken else _attempt(group, rejected)
        if order is not None:
            orders.append(order)
            if order.raw["waybills"] and not (order.is_shipped or order.is_closed):
                numbers[order.order_no] = _numbers_of(group)
        else:
            known |= {(one.file, one.row) for one in rejected[-1:]}
            rejected += _others(group, known)
    masked = sum(1 for order in orders if order.consignee.is_masked)
    return OrderTable(orders, sorted(rejected, key=lambda one: (one.file, one.row)), masked, numbers)


def _numbers_of(group: _Group) -> tuple[NumberSaid, ...]:
    found: dict[str, NumberSaid] = {}
    for source, row in group.heads:
        column = source.mapped.column("waybill_no", source.table) or source.mapped.column("express", source.table)
        for number, carrier in numbers_in(row).items():
            one = NumberSaid(group.order_no, tidied(number), carrier, source.table.name, row.number, column)
            found.setdefault(one.number, one)
    return tuple(found.values())


# --- which rows belong together -----------------------------------------------------------------------------------


def _grouped(sources: Sequence[Source], rejected: list[Rejected]) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    for source in sources:
        for group, row in _numbered(source, groups, rejected):
            group.heads.append((source, row))
            group.lines.append((source, row))
    return groups


def _joined(sources: Sequence[Source], rejected: list[Rejected]) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    heads, lines = sorted(sources, key=lambda source: source.mapped.preset.kind)
    for group, row in _numbered(heads, groups, rejected):
        group.heads.append((heads, row))
    for group, row in _numbered(lines, groups, rejected):
        group.lines.append((lines, row))
    for group in groups.values():
        for rows, reason in ((group.lines, "no_goods"), (group.heads, "no_order")):
            if not rows and not group.is_broken:
                group.is_broken = True
                source, row = (group.heads or group.lines)[0]
                rejected.append(_reject(source, row, "order_no", reason, row.cell("order_no")))
    return groups


def _numbered(source: Source, groups: dict[str, _Group], rejected: list[Rejected]) -> Iterator[tuple[_Group, Row]]:
    current: _Group | None = None
    for row in source.mapped.rows(source.table):
        cell = row.cell("order_no")
        if cell is None:
            if current is not None and any(row.cell(name) is not None for name in _LINE_FIELDS):
                yield current, row
            else:
                rejected.append(_reject(source, row, "order_no", "no_order_no"))
            continue
        try:
            number = number_of(cell)
        except BadCell as error:
            rejected.append(_reject(source, row, "order_no", error.reason, cell))
            # Rows below it that name no order are its own.
            current = _Group("", is_broken=True)
            groups[f"\0{source.table.name}\0{row.number}"] = current
            continue
        current = groups.setdefault(number, _Group(number))
        yield current, row


def _others(group: _Group, known: Set[tuple[str, int]]) -> list[Rejected]:
    """The rest of an order of which one row was refused; `known` are the rows that have their reason already."""
    rows = {(source.table.name, row.number): (source, row) for source, row in (*group.heads, *group.lines)}
    return [
        _reject(source, row, "order_no", "order_incomplete", row.cell("order_no"))
        for place, (source, row) in rows.items()
        if place not in known
    ]


def _attempt(group: _Group, rejected: list[Rejected]) -> ChannelOrder | None:
    try:
        return _Order(group).made()
    except _BadField as error:
        rejected.append(_reject(*error.where))
        return None


def _reject(source: Source, row: Row, name: str, reason: str, cell: Cell = None) -> Rejected:
    said = text_of(cell) if cell is not None else ""
    said = people.masked_value(name, said) if name in PERSONAL else said[:_SHOWN]
    return Rejected(source.table.name, row.number, source.mapped.column(name, source.table) or name, reason, said)


# --- one order ----------------------------------------------------------------------------------------------------


class _Order:
    """Reads one group; every miss names its row and column."""

    def __init__(self, group: _Group) -> None:
        self._group = group

    def _first(self, name: str, read: Callable[[Cell], T], empty: T) -> T:
        for source, row in self._group.heads:
            cell = row.cell(name)
            if cell is not None:
                return self._read(source, row, name, read)
        return empty

    @staticmethod
    def _read(source: Source, row: Row, name: str, read: Callable[[Cell], T]) -> T:
        cell = row.cell(name)
        try:
            return read(cell)
        except BadCell as error:
            raise _BadField(source, row, name, error.reason, cell) from error

    def _money(self, name: str) -> int | None:
        return self._first(name, _not_negative, None)

    def _text(self, name: str) -> str:
        return self._first(name, text_of, "")

    def _moment(self, name: str) -> datetime | None:
        return self._first(name, moment_of, None)

    def made(self) -> ChannelOrder:
        """The canonical order."""
        self._agree()
        states = [self._state(source, row) for source, row in self._group.heads]
        state = _whole(states)
        lines = self._lines(states if len(states) == len(self._group.lines) else None, state)
        amount, freight = self._amounts(lines)
        source = self._group.heads[0][0]
        placed_at = self._moment("placed_at") or self._moment("paid_at") or source.table.written_at
        consignee = self._consignee()
        buyer = self._text("buyer")
        order = ChannelOrder(
            order_no=self._group.order_no,
            version=0,
            modified_at=source.table.written_at,
            placed_at=placed_at,
            paid_at=self._moment("paid_at"),
            payment=_payment(state, lines),
            channel_status="/".join(dict.fromkeys(filter(None, (self._word(*one) for one in self._group.heads)))),
            is_closed=state.is_closed,
            is_shipped=state.is_shipped,
            is_completed=state.is_completed,
            buyer_key=buyer if buyer and not people.is_masked(buyer) else f"order:{self._group.order_no}",
            buyer_name=people.shown(buyer),
            consignee=consignee,
            lines=lines,
            amount_fen=amount,
            freight_fen=freight,
            buyer_note=self._text("buyer_note"),
            seller_note=self._text("seller_note"),
            ship_by_at=self._moment("ship_by_at"),
        )
        return replace(order, raw=self._raw(order))

    def _agree(self) -> None:
        for name in _SAME_IN_ALL:
            said = ""
            for source, row in self._group.heads:
                cell = row.cell(name)
                value = text_of(cell) if cell is not None else ""
                if value and said and value != said:
                    raise _BadField(source, row, name, "rows_disagree", cell)
                said = said or value

    @staticmethod
    def _word(_source: Source, row: Row) -> str:
        cell = row.cell("status")
        return text_of(cell) if cell is not None else ""

    def _state(self, source: Source, row: Row) -> words.State:
        word = self._word(source, row)
        if not word and (source, row) != self._group.heads[0]:
            # A cell merged with the one above it.
            word = self._text("status")
        state = words.state_of(word)
        if state is None:
            raise _BadField(source, row, "status", "unknown_state", word)
        return state

    def _lines(self, states: Sequence[words.State] | None, whole: words.State) -> tuple[ChannelOrderLine, ...]:
        asked = self._money("refund_amount") or 0
        lines: list[ChannelOrderLine] = []
        taken: dict[str, int] = {}
        for place, (source, row) in enumerate(self._group.lines):
            line = self._line(source, row, taken)
            after_sale = (
                words.after_sale_of(text_of(row.cell("refund"))) if row.cell("refund") is not None else "none"
            )
            state = states[place] if states is not None else whole
            if state.is_refunded or (state.is_closed and not whole.is_closed):
                after_sale = "refunded"
            elif (state.asks_refund or asked) and after_sale == "none" and not whole.is_closed:
                # Money went back and nobody says for which line: a person looks.
                after_sale = "requested"
            lines.append(replace(line, after_sale=after_sale))
        if len({line.line_no for line in lines}) != len(lines):
            source, row = self._group.lines[-1]
            raise _BadField(source, row, "line_no", "line_twice", row.cell("line_no"))
        return tuple(lines)

    def _line(self, source: Source, row: Row, taken: dict[str, int]) -> ChannelOrderLine:
        def told(name: str) -> str:
            return self._read(source, row, name, code_of) if row.cell(name) is not None else ""

        title = text_of(row.cell("title"))
        if not title:
            raise _BadField(source, row, "title", "no_goods")
        if row.cell("qty") is None:
            raise _BadField(source, row, "qty", "no_quantity")
        code, spec = told("merchant_code"), text_of(row.cell("spec"))
        item, sku = told("item_id"), told("channel_sku_id")
        number = told("line_no") or "|".join(filter(None, (item, sku or code or title, spec)))
        taken[number] = taken.get(number, 0) + 1
        if row.cell("line_no") is None and taken[number] > 1:
            number = f"{number}#{taken[number]}"
        price = self._read(source, row, "unit_price", _not_negative) if row.cell("unit_price") is not None else None
        return ChannelOrderLine(
            line_no=number,
            item_id=item or code or title,
            channel_sku_id=sku or code or spec,
            merchant_code=code,
            title=title,
            spec=spec,
            qty=self._read(source, row, "qty", quantity_of),
            unit_price_fen=self._price(source, row) if price is None else price,
        )

    def _price(self, source: Source, row: Row) -> int:
        """What the amount says where no price stands: only of a row that is alone, or has an amount of its own."""
        is_own = source.mapped.preset.is_amount_per_line or len(self._group.lines) == 1
        if not is_own or row.cell("amount") is None:
            return 0
        return self._read(source, row, "amount", _not_negative) // self._read(source, row, "qty", quantity_of)

    def _amounts(self, lines: Sequence[ChannelOrderLine]) -> tuple[int, int]:
        freight = self._money("freight") or 0
        if self._group.heads[0][0].mapped.preset.is_amount_per_line:
            told = [
                self._read(source, row, "amount", _not_negative)
                for source, row in self._group.heads
                if row.cell("amount") is not None
            ]
            amount = sum(told) if told else None
        else:
            amount = self._money("amount")
        return (sum(line.qty * line.unit_price_fen for line in lines) if amount is None else amount), freight

    def _consignee(self) -> Consignee:
        name, phone = self._text("receiver"), self._text("phone") or self._text("other_phone")
        province, city, district = self._text("province"), self._text("city"), self._text("district")
        street, address, postcode = self._text("street"), self._text("address"), self._text("postcode")
        is_masked = people.is_masked(name, phone, address, street)
        if not province and address and not people.is_masked(address):
            province, city, district, address, found = people.regions(address)
            postcode = postcode or found
        elif not province and address:
            province, city, district, address, _ = people.regions(people.shown(address))
        if street and not address.startswith(street):
            address = f"{street}{address}"
        return Consignee(
            name=people.shown(name),
            phone=people.shown(phone),
            province=province,
            city=city,
            district=district,
            address=people.shown(address),
            postcode=postcode,
            is_masked=is_masked,
        )

    def _raw(self, order: ChannelOrder) -> Mapping[str, object]:
        """The rows as they stood, with what decides whether a later copy is newer; kept encrypted."""
        rows = {
            (source.table.name, row.number): (source, row) for source, row in (*self._group.heads, *self._group.lines)
        }
        source = self._group.heads[0][0]
        return {
            "table": source.mapped.preset.id,
            "file": source.table.digest,
            "print": fingerprint(order),
            "stands": standing(order),
            "waybills": self._waybills(),
            "rows": [row.by_name(one.mapped.kept_header(one.table)) for one, row in rows.values()],
        }

    def _waybills(self) -> list[list[str]]:
        """Numbers the platform knows already, each with its carrier's name."""
        found: dict[str, str] = {}
        for _, row in self._group.heads:
            found.update(numbers_in(row))
        return [[number, carrier] for number, carrier in found.items()]


def _not_negative(cell: Cell) -> int:
    fen = money_of(cell)
    if fen < 0:
        raise BadCell("out_of_range")
    return fen


def _whole(states: Sequence[words.State]) -> words.State:
    """Where the order stands as a whole: closed rows count only where all are closed."""
    alive = [state for state in states if not state.is_closed]
    if not alive:
        return replace(states[0], is_refunded=all(state.is_refunded for state in states))
    return words.State(
        is_paid=any(state.is_paid for state in alive),
        is_shipped=all(state.is_shipped for state in alive),
        is_completed=all(state.is_completed for state in alive),
    )


def _payment(state: words.State, lines: Sequence[ChannelOrderLine]) -> str:
    if not state.is_paid:
        return "unpaid"
    refunded = [line.after_sale == "refunded" for line in lines]
    if state.is_refunded or all(refunded):
        return "refunded"
    return "partly_refunded" if any(refunded) else "paid"


def fingerprint(order: ChannelOrder) -> str:
    """The same for the same content, whichever file it stood in."""
    told = (
        (order.payment, order.channel_status, order.is_closed, order.is_shipped, order.is_completed),
        (order.buyer_key, order.buyer_name, order.buyer_note, order.seller_note, order.amount_fen, order.freight_fen),
        tuple(str(at) for at in (order.placed_at, order.paid_at, order.ship_by_at)),
        repr(order.consignee),
        sorted(map(repr, order.lines)),
    )
    return hashlib.sha256(json.dumps(told, ensure_ascii=True).encode()).hexdigest()


def standing(order: ChannelOrder) -> list[int]:
    """How far the order has come in each respect. None of these ever falls again on these platforms."""
    refunded = sum(1 for line in order.lines if line.after_sale == "refunded")
    return [
        int(order.payment != "unpaid"),
        int(order.is_shipped),
        int(order.is_completed),
        int(order.is_closed),
        refunded,
    ]
