"""What is in the shop, in JD's words. Nothing here decides whether a call may be answered."""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from tests.simulators.platforms.shop import Case, Goods, Order

_BEIJING: Final = timezone(timedelta(hours=8))
#: what keeps an order back there, beside the buyer's wish to cancel
_PAUSES: Final = frozenset({"PAUSE", "POP_ORDER_PAUSE", "LOCKED"})

#: every name that `optional_fields` may ask for
ORDER_FIELDS: Final = frozenset(
    {
        "orderId",
        "venderId",
        "orderType",
        "payType",
        "orderTotalPrice",
        "orderSellerPrice",
        "orderPayment",
        "freightPrice",
        "sellerDiscount",
        "balanceUsed",
        "orderState",
        "orderStateRemark",
        "orderRemark",
        "venderRemark",
        "orderStartTime",
        "paymentConfirmTime",
        "modified",
        "orderEndTime",
        "parentOrderId",
        "directParentOrderId",
        "storeOrder",
        "storeId",
        "idSopShipmenttype",
        "scDT",
        "waybill",
        "logisticsId",
        "open_id_buyer",
        "orderSign",
        "pauseBizInfo",
        "invoiceEasyInfo",
        "couponDetailList",
        "itemInfoList",
        "consigneeInfo",
    }
)


def time_text(at: datetime | None) -> str:
    """`yyyy-MM-dd HH:mm:ss` in Beijing's time; "never" is Java's year 1."""
    return "0001-01-01 00:00:00" if at is None else at.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def time_of(text: object) -> datetime:
    """The moment of such a text.

    Raises:
        ValueError: it is written otherwise.
    """
    return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=_BEIJING).astimezone(UTC)


def yuan(fen: int) -> str:
    """Money as text in yuan."""
    return f"{fen // 100}.{fen % 100:02}"


def state_of(order: Order) -> str:
    """JD's word for the order's state. Unpaid orders have none in the search."""
    if order.state == "cancelled":
        return "TRADE_CANCELED"
    if order.state == "done":
        return "FINISHED_L"
    if order.state == "shipped":
        return "WAIT_GOODS_RECEIVE_CONFIRM"
    if order.stopped_for:
        return order.stopped_for if order.stopped_for in _PAUSES else "POP_ORDER_PAUSE"
    if any(line.after_sale == "requested" for line in order.lines):
        return "LOCKED"
    return "WAIT_SELLER_STOCK_OUT"


def order_json(order: Order, vender_id: int, *, is_cipher: bool) -> dict[str, Any]:
    """All the fields of an order; the caller keeps those that were asked for."""
    goods_fen = sum(line.qty * line.price_fen for line in order.lines)
    parent = int(str(order.extra.get("parent", "0")))
    return {
        "orderId": int(order.no),
        "venderId": vender_id,
        "orderType": "22",
        "payType": "1-货到付款" if order.extra.get("cod") else "4-在线支付",
        "orderTotalPrice": yuan(goods_fen),
        "orderSellerPrice": yuan(goods_fen - order.discount_fen),
        "orderPayment": yuan(order.amount_fen),
        "freightPrice": yuan(order.freight_fen),
        "sellerDiscount": yuan(order.discount_fen),
        "balanceUsed": "0.00",
        "orderState": state_of(order),
        "orderStateRemark": "",
        "orderRemark": order.buyer_note,
        "venderRemark": order.seller_note,
        "orderStartTime": time_text(order.placed_at),
        "paymentConfirmTime": time_text(order.paid_at),
        "modified": time_text(order.modified_at),
        "orderEndTime": time_text(order.ended_at),
        "parentOrderId": parent,
        "directParentOrderId": parent,
        "storeOrder": "",
        "storeId": "0",
        "idSopShipmenttype": 70,
        "scDT": "" if order.ship_by_at is None else time_text(order.ship_by_at),
        "waybill": "|".join(parcel.number for parcel in order.parcels),
        "logisticsId": "|".join(parcel.carrier for parcel in order.parcels),
        "open_id_buyer": hashlib.sha256(f"open-id {order.buyer}".encode()).hexdigest()[:40],
        "orderSign": "",
        "pauseBizInfo": None,
        "invoiceEasyInfo": {"invoiceType": "0"},
        "couponDetailList": _coupons(order),
        "itemInfoList": [_item(line.goods, line.qty, line.price_fen) for line in order.lines],
        "consigneeInfo": _consignee(order, is_cipher=is_cipher),
    }


def unpaid_json(order: Order) -> dict[str, Any]:
    """An order that waits for its payment; money in fen there."""
    person = order.person
    return {
        "orderId": int(order.no),
        "payment": order.amount_fen,
        "orderType": 22,
        "parentId": 0,
        "orderCreated": time_text(order.placed_at),
        "status": 1,
        "itemList": [
            {
                "skuId": int(line.goods.sku_id),
                "outerSkuId": line.goods.code,
                "skuName": _sku_name(line.goods),
                "jdPrice": yuan(line.price_fen),
                "wareId": int(line.goods.item_id),
                "itemTotal": line.qty,
            }
            for line in order.lines
        ],
        "province": person.province,
        "city": person.city,
        "county": person.district,
        "town": person.town,
    }


def sku_json(goods: Goods) -> dict[str, Any]:
    """A SKU; every field by its name there."""
    return {
        "wareId": int(goods.item_id),
        "skuId": int(goods.sku_id),
        "status": 1 if goods.is_on_sale else 2,
        "saleAttrs": [{"attrId": "1", "attrValueAlias": [goods.spec]}] if goods.spec else [],
        "jdPrice": yuan(goods.price_fen),
        "outerId": goods.code,
        "barCode": goods.barcode,
        "logo": f"jfs/t1/{goods.sku_id}.jpg",
        "skuName": _sku_name(goods),
        "wareTitle": goods.title,
        "stockNum": goods.qty,
        "categoryId": 1,
        "modified": "2026-01-01 00:00:00",
        "created": "2026-01-01 00:00:00",
    }


def refund_json(case: Case, order: Order) -> dict[str, Any]:
    """A request to cancel before the order left; money in fen.

    0 asked, 1 agreed by the shop, 2 refused, 3 paid back by JD's accounts, 11 withdrawn: as JD's comment to the
    parameter `status` of `refundapply.queryPageList` lists them in its SDKs.
    """
    status = {"requested": 0, "agreed": 1, "refused": 2, "done": 3}.get(case.state, 11)
    return {
        "id": int(case.no),
        "orderId": case.order_no,
        "buyerId": "",
        "buyerName": "",
        "applyTime": time_text(case.requested_at),
        "checkTime": "" if case.state == "requested" else time_text(case.modified_at),
        "applyRefundSum": case.refund_fen + order.freight_fen,
        "status": status,
        "reason": case.reason,
    }


def service_json(case: Case, goods: Goods) -> dict[str, Any]:
    """A service bill of goods that had left, and its refund; money in yuan."""
    is_over = case.state in ("done", "refused", "closed")
    row: dict[str, Any] = {
        "sameOrderServiceBill": {
            "serviceId": int(case.no),
            "afsApplyId": int(case.no),
            "orderId": int(case.order_no),
            "wareId": int(goods.sku_id),
            "wareName": _sku_name(goods),
            "applyTime": time_text(case.requested_at),
            "approvedDate": None if case.state == "requested" else time_text(case.modified_at),
            "applyReason": case.reason,
            "serviceStateName": case.state,
        },
        "afsRefundId": int(case.no),
        "refoundAmount": yuan(case.refund_fen),
        "status": {"done": 13, "refused": 14, "closed": 14}.get(case.state, 10),
    }
    if is_over:
        row["completeTime"] = time_text(case.modified_at)
    return row


def cipher(text: str) -> str:
    """Something that nobody without the merchant's key can read."""
    return base64.b64encode(hashlib.sha512(f"tde {text}".encode()).digest()).decode()


def _sku_name(goods: Goods) -> str:
    return f"{goods.title} {goods.spec}".strip()


def _item(goods: Goods, qty: int, price_fen: int) -> dict[str, Any]:
    return {
        "skuId": goods.sku_id,
        "outerSkuId": goods.code,
        "skuName": _sku_name(goods),
        "jdPrice": yuan(price_fen),
        "giftPoint": "0",
        "wareId": goods.item_id,
        "itemTotal": str(qty),
        "productNo": "",
        "serviceName": "",
        "newStoreId": "",
    }


def _coupons(order: Order) -> list[dict[str, Any]]:
    if not order.discount_fen:
        return []
    price = yuan(order.discount_fen)
    return [{"orderId": order.no, "skuId": "", "couponType": "30-单品促销优惠", "couponPrice": price}]


def _consignee(order: Order, *, is_cipher: bool) -> dict[str, Any]:
    person = order.person
    region = f"{person.province}{person.city}{person.district}{person.town}"
    phone = f"{person.phone[:3]}****{person.phone[-4:]}"
    shown: Callable[[str, str], str] = lambda clear, masked: cipher(clear) if is_cipher else masked  # noqa: E731  said once, used below
    return {
        "fullname": shown(person.name, f"{person.name[:1]}**"),
        "telephone": shown(person.phone, phone),
        "mobile": shown(person.phone, phone),
        "fullAddress": shown(region + person.address, f"{region}****"),
        "province": person.province,
        "provinceId": "15",
        "city": person.city,
        "cityId": "1213",
        "county": person.district,
        "countyId": "3410",
        "town": person.town,
        "townId": "0",
        "desen_telephone": phone,
        "desen_mobile": phone,
    }
