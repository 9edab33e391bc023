"""From a clerk's draft to an order like every other: checked, and in the words of the channel contract."""

import re
from collections.abc import Mapping
from datetime import datetime

from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee
from core.orders.entry_records import ADDRESS_WORDS, ENTRY_TYPES, EnteredReceiver, OrderDraft
from core.runtime.china import CHINA
from core.runtime.errors import Refused

MOST_LINES, MOST_UNITS = 200, 9999
_MOST_FEN = 100_000_000_00
_LONGEST = {"name": 50, "phone": 30, "province": 30, "city": 30, "district": 30, "address": 200, "postcode": 10}
_LONGEST_NOTE = 500
_PHONE = re.compile(r"\+?[0-9][0-9 -]{5,28}[0-9]")
#: characters that a printer or a list would take for a command
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def check_draft(draft: OrderDraft) -> None:
    """Refuse what cannot become an order.

    Raises:
        Refused: `entry.no_lines`, `entry.too_many_lines`, `entry.qty_bad`, `entry.price_bad`, `entry.type_bad`,
            `entry.note_long`, and what `check_receiver` says.
    """
    if draft.order_type not in ENTRY_TYPES or draft.address_word not in ADDRESS_WORDS:
        raise Refused("entry.type_bad", "no such type of order", type=draft.order_type)
    if not draft.lines:
        raise Refused("entry.no_lines", "the order has no goods yet")
    if len(draft.lines) > MOST_LINES:
        raise Refused("entry.too_many_lines", f"more than {MOST_LINES} lines", most=MOST_LINES)
    for line in draft.lines:
        if not 1 <= line.qty <= MOST_UNITS:
            raise Refused("entry.qty_bad", f"a quantity lies between 1 and {MOST_UNITS}", most=MOST_UNITS)
        if not 0 <= line.unit_price_fen <= _MOST_FEN or (line.is_gift and line.unit_price_fen):
            raise Refused("entry.price_bad", "a price cannot be negative, and a gift has none")
    if not 0 <= draft.freight_fen <= _MOST_FEN:
        raise Refused("entry.price_bad", "freight cannot be negative")
    if max(len(draft.buyer_note), len(draft.seller_note)) > _LONGEST_NOTE:
        raise Refused("entry.note_long", f"a note has at most {_LONGEST_NOTE} characters", most=_LONGEST_NOTE)
    if draft.receiver_of is None:
        check_receiver(draft.receiver)


def check_receiver(receiver: EnteredReceiver) -> None:
    """Refuse a receiver whom no courier could find.

    Raises:
        Refused: `entry.field_missing`, `entry.field_long`, `entry.field_masked`, `entry.field_bad`; facts hold
            `field`, never the value.
    """
    for name, longest in _LONGEST.items():
        text: str = getattr(receiver, name)
        if len(text) > longest:
            raise Refused("entry.field_long", f"{name} has more than {longest} characters", field=name, most=longest)
        if "*" in text:
            # A mask from some export: no courier can use it, and ours must never be sent on as data.
            raise Refused("entry.field_masked", f"{name} is masked; the real one is needed", field=name)
        if _CONTROL.search(text):
            raise Refused("entry.field_bad", f"{name} holds characters that cannot be printed", field=name)
    for name in ("name", "phone", "province", "city", "address"):
        if not getattr(receiver, name).strip():
            raise Refused("entry.field_missing", f"{name} is missing", field=name)
    if not _PHONE.fullmatch(receiver.phone.strip()):
        raise Refused("entry.field_bad", "the phone number is no phone number", field="phone")


def as_consignee(receiver: EnteredReceiver) -> Consignee:
    """The receiver in the words of the channel contract."""
    return Consignee(
        name=receiver.name.strip(),
        phone=receiver.phone.strip(),
        province=receiver.province.strip(),
        city=receiver.city.strip(),
        district=receiver.district.strip(),
        address=receiver.address.strip(),
        postcode=receiver.postcode.strip(),
    )


def as_channel_order(
    draft: OrderDraft, order_no: str, consignee: Consignee, skus: Mapping[int, tuple[str, str, str]], now: datetime
) -> ChannelOrder:
    """The order as a platform would give it.

    Args:
        draft: checked.
        order_no: ours.
        consignee: the receiver, in clear.
        skus: SKU id -> (merchant code, name, spec).
        now: of the transaction.
    """
    lines = []
    for number, line in enumerate(draft.lines, 1):
        code, name, spec = skus[line.sku_id]
        price = 0 if line.is_gift else line.unit_price_fen
        lines.append(
            ChannelOrderLine(str(number), f"sku:{code}", "", code, name, spec, line.qty, price, is_gift=line.is_gift)
        )
    return ChannelOrder(
        order_no=order_no,
        version=1,
        modified_at=now,
        placed_at=now,
        paid_at=now,
        payment="paid",
        channel_status="entered",
        is_closed=False,
        is_shipped=False,
        buyer_key=f"phone:{_digits(consignee.phone)}",
        buyer_name=consignee.name,
        consignee=consignee,
        lines=lines,
        amount_fen=sum(line.qty * line.unit_price_fen for line in lines) + draft.freight_fen,
        freight_fen=draft.freight_fen,
        buyer_note=draft.buyer_note.strip(),
        seller_note=draft.seller_note.strip(),
        order_type=draft.order_type,
    )


def order_no_of(now: datetime, number: int) -> str:
    """The number of the `number`-th order entered on this day in China: `H20261124-0007`."""
    return f"{day_prefix(now)}{number:04d}"


def day_prefix(now: datetime) -> str:
    """How the numbers of this day begin."""
    return f"H{now.astimezone(CHINA):%Y%m%d}-"


def _digits(phone: str) -> str:
    return "".join(filter(str.isdigit, phone))
