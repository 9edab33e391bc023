"""Payments and fulfilments as Medusa writes them, whole; `medusa_wire.chosen` cuts them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.simulators.platforms.medusa_facts import CURRENCY, PAYMENT_PROVIDER, SHIPPING_OPTION_ID
from tests.simulators.platforms.medusa_shop import Fulfilment, Money
from tests.simulators.platforms.medusa_wire import money, stamp
from tests.simulators.platforms.shop import Order


def payment_status(paid: Money) -> str:
    """`payment_status`, counted from what was taken and given back."""
    if paid.refunded_fen:
        return "refunded" if paid.refunded_fen >= paid.amount_fen else "partially_refunded"
    if paid.captured_fen:
        return "captured" if paid.captured_fen >= paid.amount_fen else "partially_captured"
    if paid.canceled_at is not None:
        return "canceled"
    return "authorized" if paid.authorized_at is not None else paid.placed_as


def payment_row(paid: Money) -> dict[str, Any]:
    """A payment with what was taken and given back."""
    is_whole = paid.captured_fen >= paid.amount_fen
    return {
        "id": paid.no,
        "amount": money(paid.amount_fen),
        "currency_code": CURRENCY,
        "provider_id": PAYMENT_PROVIDER,
        "payment_collection_id": f"pay_col_{paid.no[4:]}",
        "payment_session_id": f"payses_{paid.no[4:]}",
        "created_at": stamp(paid.authorized_at),
        "captured_at": stamp(paid.captures[-1][2]) if paid.captures and is_whole else None,
        "canceled_at": None if paid.captures else stamp(paid.canceled_at),
        "captures": [{"id": no, "amount": money(fen), "created_at": stamp(at)} for no, fen, at in paid.captures],
        "refunds": [
            {"id": no, "amount": money(fen), "note": note, "payment_id": paid.no, "created_at": stamp(at)}
            for no, fen, at, note in paid.refunds
        ],
    }


def collection_row(order: Order, paid: Money) -> dict[str, Any]:
    """What was to be paid for an order, and its payment once there is one."""
    if paid.canceled_at is not None:
        status = "canceled"
    elif paid.captured_fen >= paid.amount_fen:
        status = "completed"
    else:
        status = "authorized" if paid.authorized_at is not None else paid.placed_as
    return {
        "id": f"pay_col_{paid.no[4:]}",
        "currency_code": CURRENCY,
        "amount": money(paid.amount_fen),
        "authorized_amount": money(paid.amount_fen) if paid.authorized_at else 0,
        "captured_amount": money(paid.captured_fen),
        "refunded_amount": money(paid.refunded_fen),
        "status": status,
        "completed_at": stamp(order.paid_at),
        "created_at": stamp(order.placed_at),
        "payments": [payment_row(paid)] if paid.authorized_at is not None else [],
    }


def fulfilment_row(order: Order, one: Fulfilment) -> dict[str, Any]:
    """A fulfilment with its goods and labels."""
    ends: Mapping[str, datetime | None] = {
        "packed_at": one.packed_at,
        "shipped_at": one.shipped_at,
        "delivered_at": one.delivered_at,
        "canceled_at": one.canceled_at,
    }
    return {
        "id": one.no,
        "location_id": one.location_id,
        **{name: stamp(at) for name, at in ends.items()},
        "marked_shipped_by": "user_practice" if one.shipped_at else None,
        "created_by": "user_practice",
        "data": {},
        "requires_shipping": True,
        "provider_id": "manual_manual",
        "shipping_option_id": SHIPPING_OPTION_ID,
        "metadata": one.metadata,
        "created_at": stamp(one.packed_at),
        "updated_at": stamp(max(at for at in ends.values() if at is not None)),
        "items": [
            {
                "id": f"fulit_{one.no[4:]}{place}",
                "title": order.line(line_no).goods.spec or "Default variant",
                "sku": order.line(line_no).goods.code,
                "barcode": order.line(line_no).goods.barcode,
                "quantity": qty,
                "line_item_id": line_no,
                "inventory_item_id": inventory_id(order.line(line_no).goods.sku_id),
                "fulfillment_id": one.no,
            }
            for place, (line_no, qty) in enumerate(one.lines.items())
        ],
        "labels": [
            {
                "id": f"fulla_{one.no[4:]}{place}",
                "tracking_number": number,
                "tracking_url": link,
                "label_url": label,
                "fulfillment_id": one.no,
            }
            for place, (number, link, label) in enumerate(one.labels)
        ],
    }


def inventory_id(sku_id: str) -> str:
    """The inventory item of a variant."""
    return f"iitem_{sku_id.removeprefix('variant_')}"
