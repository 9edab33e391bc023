"""The waybill template: carrier, sort code, bars, consignee, sender, then the merchant's own zone.

Areas as in GB/T 41833-2022 (number, destination, consignee, sender, contents, signature). Personal texts go
through `printing.masking` unless the platform has masked them already.
"""

from dataclasses import dataclass

from printing.canvas import Align, Canvas, Face, Rect
from printing.label import Consignee, Item, LabelContent, Sender, printed_time
from printing.masking import mask_address, mask_name, mask_phone
from printing.templates.sheets import Sheet

_PAD = 1.2
_HEAVY = 0.4


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    phone: str
    address: str
    is_hidden: bool


def draw_waybill(canvas: Canvas, content: LabelContent, sheet: Sheet) -> None:
    """Draw every area of `content` on a canvas of the sheet's size (or a little narrower: the print head's).

    Raises:
        RenderError: the waybill number does not fit.
    """
    _Waybill(canvas, content, sheet).draw()


class _Waybill:
    def __init__(self, canvas: Canvas, content: LabelContent, sheet: Sheet) -> None:
        self._canvas = canvas
        self._content = content
        self._sheet = sheet

    def draw(self) -> None:
        sheet, canvas = self._sheet, self._canvas
        x, width = sheet.margin, canvas.width - 2 * sheet.margin
        y = sheet.margin
        bottom = canvas.height - sheet.margin
        edges = [y]
        for height, area in (
            (sheet.head, self._head),
            (sheet.sort_code, self._sort_code),
            (sheet.centre, self._centre),
            (sheet.barcode, self._barcode),
            (sheet.consignee, self._consignee),
            (sheet.sender, self._sender),
        ):
            area(Rect(x, y, width, height))
            y += height
            edges.append(y)
        foot = bottom - sheet.foot
        self._goods(Rect(x, y, width, foot - y))
        self._foot(Rect(x, foot, width, sheet.foot))
        for edge in [*edges[1:], foot]:
            canvas.line(x, edge, x + width, edge)
        canvas.frame(Rect(x, sheet.margin, width, bottom - sheet.margin), _HEAVY)

    def _face(self, size: float, smallest: float = 2.5, *, is_bold: bool = False) -> Face:
        scale = self._sheet.text
        return Face(size * scale, min(size * scale, smallest), is_bold)

    def _head(self, box: Rect) -> None:
        canvas, content = self._canvas, self._content
        inner = box.inset(_PAD, 1.2)
        right = inner.right
        if content.reprint:
            badge = Rect(right - 17 * self._sheet.text, inner.y, 17 * self._sheet.text, inner.height)
            canvas.black_box(badge)
            face = self._face(4.2, is_bold=True)
            canvas.text(badge.inset(0.6), f"补打 {content.reprint}", face, Align.CENTRE, on_black=True)
            right = badge.x - 1.5
        time_width = 24 * self._sheet.text
        time_box = Rect(right - time_width, inner.y, time_width, inner.height)
        canvas.text(time_box, printed_time(content), self._face(2.8, 2.2), Align.RIGHT)
        name = Rect(inner.x, inner.y, time_box.x - inner.x - 1, inner.height)
        title = f"{content.carrier.name}  {content.carrier.product}".strip()
        canvas.text(name, title, self._face(5.3, 3.0, is_bold=True))

    def _sort_code(self, box: Rect) -> None:
        canvas, code = self._canvas, self._content.sort_code
        inner = box.inset(_PAD, 0.4)
        large, small = self._face(13.5, 6.5, is_bold=True), self._face(6.0, 3.2, is_bold=True)
        if canvas.fits(inner, code, large):
            canvas.text(inner, code, large, Align.CENTRE)
            return
        if not canvas.fits(inner, code, small, lines=2):
            canvas.warn("render.sort_code_cut", "the sort code is too long for the label and was cut")
        canvas.text(inner, code, small, Align.CENTRE, lines=2)

    def _centre(self, box: Rect) -> None:
        canvas, content = self._canvas, self._content
        inner = box.inset(_PAD, 0.6)
        part = 0.0
        if content.box is not None:
            part = 30 * self._sheet.text
            text = f"第 {content.box.number} / {content.box.total} 箱"
            area = Rect(inner.right - part, inner.y, part, inner.height)
            canvas.text(area, text, self._face(4.4, 3.0, is_bold=True), Align.RIGHT)
        if content.package_centre:
            label = Rect(inner.x, inner.y, 11 * self._sheet.text, inner.height)
            canvas.text(label, "集包地", self._face(3.0))
            place = Rect(label.right, inner.y, inner.width - label.width - part - 1, inner.height)
            canvas.text(place, content.package_centre, self._face(5.2, 3.0, is_bold=True))

    def _barcode(self, box: Rect) -> None:
        sheet = self._sheet
        bars = Rect(box.x, box.y + 1.6, box.width, sheet.bars_height)
        self._canvas.code128(bars, self._content.waybill_no)
        number = Rect(box.x, bars.bottom + 0.6, box.width, box.bottom - bars.bottom - 1.2)
        face = self._face(5.3, 3.0, is_bold=True)
        self._canvas.text(number, grouped(self._content.waybill_no), face, Align.CENTRE)

    def _consignee(self, box: Rect) -> None:
        canvas = self._canvas
        person = _shown(self._content.consignee, is_masked=self._content.consignee.is_masked)
        rest = self._party_mark(box, "收", is_black=True)
        name_height = 7.0 * self._sheet.text
        first = Rect(rest.x, rest.y + 0.6, rest.width, name_height)
        if person.is_hidden:
            side = name_height - 1.2
            tag = Rect(first.right - side, first.y + 0.6, side, side)
            canvas.frame(tag, 0.25)
            canvas.text(tag, "隐", self._face(4.0, is_bold=True), Align.CENTRE)
            first = Rect(first.x, first.y, first.width - side - 1, first.height)
        who = f"{person.name}  {person.phone}".strip()
        canvas.text(first, who, self._face(5.2, 3.4, is_bold=True))
        where = Rect(rest.x, first.bottom, rest.width, rest.bottom - first.bottom - 0.4)
        if not canvas.text(where, person.address, self._face(4.0, 2.8, is_bold=True), lines=4):
            canvas.warn("render.address_cut", "the consignee's address is too long for the label and was cut")

    def _sender(self, box: Rect) -> None:
        canvas = self._canvas
        person = _shown(self._content.sender, is_masked=False)
        rest = self._party_mark(box, "寄", is_black=False)
        first = Rect(rest.x, rest.y + 0.2, rest.width, 4.2 * self._sheet.text)
        canvas.text(first, f"{person.name}  {person.phone}".strip(), self._face(3.1))
        where = Rect(rest.x, first.bottom, rest.width, rest.bottom - first.bottom - 0.2)
        canvas.text(where, person.address, self._face(2.8, 2.5), lines=2)

    def _party_mark(self, box: Rect, word: str, *, is_black: bool) -> Rect:
        """Draw 收 or 寄 in its column and return what is left of the row for the person's lines."""
        column = 9.5 * self._sheet.text
        side = min(7.2 * self._sheet.text, box.height - 3)
        mark = Rect(box.x + (column - side) / 2, box.y + (box.height - side) / 2, side, side)
        if is_black:
            self._canvas.black_box(mark)
        else:
            self._canvas.frame(mark, 0.3)
        face = self._face(5.3, 3.0, is_bold=True)
        self._canvas.text(mark, word, face, Align.CENTRE, on_black=is_black)
        self._canvas.line(box.x + column, box.y, box.x + column, box.bottom)
        left = column + _PAD
        return Rect(box.x + left, box.y, box.width - left - _PAD, box.height)

    def _goods(self, box: Rect) -> None:
        canvas, sheet = self._canvas, self._sheet
        column = sheet.qr_side + 1
        split = box.right - column
        canvas.line(split, box.y, split, box.bottom)
        self._proof(Rect(split, box.y, column, box.height))
        self._contents(Rect(box.x, box.y, split - box.x, box.height).inset(_PAD, 0.8))

    def _proof(self, box: Rect) -> None:
        """QR code above, room for the receiver's signature below (签收区)."""
        canvas, content = self._canvas, self._content
        side = self._sheet.qr_side
        y = box.y
        if content.qr_text and canvas.qr(Rect(box.x + (box.width - side) / 2, y + 0.3, side, side), content.qr_text):
            y += side + 0.6
            canvas.line(box.x, y, box.right, y)
        face = self._face(2.8)
        canvas.text(Rect(box.x + _PAD, y + 0.6, box.width - 2 * _PAD, 4), "签收人", face)
        canvas.text(Rect(box.x + _PAD, box.bottom - 4.4, box.width - 2 * _PAD, 4), "日期", face)

    def _contents(self, box: Rect) -> None:
        canvas, content, scale = self._canvas, self._content, self._sheet.text
        line = 4.0 * scale
        orders = Rect(box.x, box.y, box.width, line)
        canvas.text(orders, _orders_text(content.order_nos), self._face(2.8, 2.2))
        bottom = box.bottom
        if content.buyer_note.strip():
            bottom = self._note(box, bottom, f"买家留言：{content.buyer_note}", 3)
        if content.gift_note.strip():
            bottom = self._note(box, bottom, f"赠品：{content.gift_note}", 2)
        self._items(Rect(box.x, box.y + line + 0.4, box.width, bottom - box.y - line - 0.8))

    def _note(self, box: Rect, bottom: float, text: str, lines: int) -> float:
        """Write a note upwards from `bottom`, with as many lines as it needs; returns the new bottom."""
        canvas, face = self._canvas, self._face(2.9, 2.5)
        height = lines * face.size * 1.22 + 0.3
        needed = canvas.lines_needed(text, box.width, face, lines)
        height *= needed / lines
        area = Rect(box.x, bottom - height, box.width, height)
        canvas.text(area, text, face, lines=lines)
        canvas.line(box.x, area.y - 0.4, box.right, area.y - 0.4, 0.125)
        return area.y - 0.8

    def _items(self, box: Rect) -> None:
        canvas, items = self._canvas, self._content.items
        line = 4.0 * self._sheet.text
        room = max(1, int(box.height / line)) - 1
        shown = min(len(items), room)
        for index, item in enumerate(items[:shown]):
            self._item(Rect(box.x, box.y + index * line, box.width, line), item)
        total = Rect(box.x, box.y + shown * line, box.width, line)
        more = "…" if shown < len(items) else ""
        text = f"{more}共 {self._content.item_count} 件"
        canvas.text(total, text, self._face(3.2, is_bold=True), Align.RIGHT)

    def _item(self, box: Rect, item: Item) -> None:
        count_width = 11 * self._sheet.text
        name = Rect(box.x, box.y, box.width - count_width, box.height)
        self._canvas.text(name, f"{item.short_name} {item.spec}".strip(), self._face(3.0, 2.6))
        count = Rect(box.right - count_width, box.y, count_width, box.height)
        self._canvas.text(count, f"×{item.qty}", self._face(3.4, 2.2, is_bold=True), Align.RIGHT)

    def _foot(self, box: Rect) -> None:
        canvas, content = self._canvas, self._content
        inner = box.inset(_PAD, 0.6)
        used = 0.0
        if content.sequence is not None:
            used = inner.width * 0.64
            place = Rect(inner.x, inner.y, inner.width * 0.32, inner.height)
            text = f"序 {content.sequence.number}/{content.sequence.total}"
            canvas.text(place, text, self._face(5.0, 2.8, is_bold=True))
            wave = Rect(place.right, inner.y, inner.width * 0.32, inner.height)
            canvas.text(wave, f"波次 {content.sequence.wave}", self._face(3.6, 2.4, is_bold=True))
        shop = Rect(inner.x + used, inner.y, inner.width - used, inner.height)
        canvas.text(shop, content.shop_name, self._face(3.0, 2.4), Align.RIGHT)


def grouped(number: str) -> str:
    """The number as people read it aloud: `SF 1234 5678 9012 3`; other shapes stay as they are."""
    head = len(number) - len(number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    letters, digits = number[:head], number[head:]
    if not digits.isdigit():
        return number
    groups = [digits[start : start + 4] for start in range(0, len(digits), 4)]
    return " ".join([*([letters] if letters else []), *groups])


def _orders_text(order_nos: tuple[str, ...]) -> str:
    if not order_nos:
        return ""
    first = f"订单 {order_nos[0]}"
    return first if len(order_nos) == 1 else f"{first} 等 {len(order_nos)} 单"


def _shown(person: Sender | Consignee, *, is_masked: bool) -> _Person:
    area = " ".join(part for part in (person.province, person.city, person.district) if part.strip())
    if is_masked:
        return _Person(person.name, person.phone, f"{area} {person.address}".strip(), is_hidden=True)
    name, phone, address = mask_name(person.name), mask_phone(person.phone), mask_address(person.address)
    is_hidden = (name, phone, address) != (person.name, person.phone, person.address)
    return _Person(name, phone, f"{area} {address}".strip(), is_hidden)
