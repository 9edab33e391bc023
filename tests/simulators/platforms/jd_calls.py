"""What JD's methods do: parameters in, the part inside `..._responce` out; a refusal stands inside that part."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from tests.simulators.platforms.jd_asked import (
    LARGEST_PAGE,
    LONGEST,
    Asked,
    Broken,
    cut,
    page_of,
    text,
    times,
    whole,
    whole_seconds,
)
from tests.simulators.platforms.jd_goods import GOODS_CALLS
from tests.simulators.platforms.jd_words import (
    ORDER_FIELDS,
    order_json,
    refund_json,
    service_json,
    state_of,
    time_of,
    unpaid_json,
)
from tests.simulators.platforms.shop import Case, Order, Parcel, RuleError, Shop

_STATES: Final = frozenset(
    {
        "WAIT_SELLER_STOCK_OUT",
        "WAIT_GOODS_RECEIVE_CONFIRM",
        "WAIT_SELLER_DELIVERY",
        "PAUSE",
        "POP_ORDER_PAUSE",
        "LOCKED",
        "FINISHED_L",
        "TRADE_CANCELED",
    }
)
_TO_SHIP: Final = "WAIT_SELLER_STOCK_OUT"
_NOTE_LENGTH: Final = 500

#: carriers by JD's number of them
CARRIERS: Final[Mapping[str, str]] = {
    "2087": "京东快递",
    "467": "顺丰快递",
    "463": "圆通快递",
    "470": "申通快递",
    "1499": "中通速递",
    "1327": "韵达快递",
    "465": "邮政EMS",
    "2170": "邮政快递包裹",
    "3046": "德邦快递",
    "773574": "极兔速递",
}

# --- orders -----------------------------------------------------------------------------------------------------------


def _api_result(zh: str = "", en: str = "") -> dict[str, Any]:
    if not zh:
        return {"success": True, "englishErrCode": "", "chineseErrCode": "成功", "numberCode": 0}
    return {"success": False, "englishErrCode": en, "chineseErrCode": zh, "numberCode": 1}


def _search(shop: Shop, asked: Asked, vender_id: int, *, is_cipher: bool) -> dict[str, Any]:
    def refused(zh: str, en: str) -> dict[str, Any]:
        result = {"apiResult": _api_result(zh, en), "orderTotal": 0, "orderInfoList": []}
        return {"searchorderinfo_result": result}

    states = frozenset(text(asked, "order_state").split(",")) - {""}
    fields = [name.strip() for name in text(asked, "optional_fields").split(",") if name.strip()]
    if not states or states - _STATES:
        return refused("订单状态不正确", "order_state_error")
    if not fields or set(fields) - ORDER_FIELDS:
        return refused("optional_fields不正确", "optional_fields_error")
    page, size = whole(asked, "page", 1), whole(asked, "page_size", 0)
    if page < 1 or not 1 <= size <= LARGEST_PAGE:
        return refused("分页参数不正确", "page_error")
    found = [order for order in _known(shop) if state_of(order) in states]
    by = "placed_at" if text(asked, "dateType") == "1" else "modified_at"
    if text(asked, "start_date") or text(asked, "end_date") or states != {_TO_SHIP}:
        try:
            since, until = time_of(asked.get("start_date")), time_of(asked.get("end_date"))
        except ValueError:
            return refused("时间格式不正确", "date_error")
        if not timedelta(0) <= until - since <= LONGEST:
            return refused("时间跨度不能超过一个月", "date_span_error")
        found = [order for order in found if since <= whole_seconds(getattr(order, by)) <= until]
    else:
        found = [order for order in found if shop.now() - order.placed_at <= LONGEST]
    found.sort(key=lambda order: (getattr(order, by), order.no), reverse=text(asked, "sortType") == "1")
    rows = [_chosen(order, fields, vender_id, is_cipher=is_cipher) for order in cut(found, page, size)]
    return {"searchorderinfo_result": {"apiResult": _api_result(), "orderTotal": len(found), "orderInfoList": rows}}


def _get(shop: Shop, asked: Asked, vender_id: int, *, is_cipher: bool) -> dict[str, Any]:
    def refused(zh: str, en: str) -> dict[str, Any]:
        return {"orderDetailInfo": {"apiResult": _api_result(zh, en)}}

    fields = [name.strip() for name in text(asked, "optional_fields").split(",") if name.strip()]
    if not fields or set(fields) - ORDER_FIELDS:
        return refused("optional_fields不正确", "optional_fields_error")
    order = next((one for one in _known(shop) if one.no == text(asked, "order_id")), None)
    states = frozenset(text(asked, "order_state").split(",")) - {""}
    if order is None or (states and state_of(order) not in states):
        return refused("订单不存在", "order_not_exist")
    row = _chosen(order, fields, vender_id, is_cipher=is_cipher)
    return {"orderDetailInfo": {"apiResult": _api_result(), "orderInfo": row}}


def _known(shop: Shop) -> list[Order]:
    """Orders that reached the shop: paid, and not the parent of orders that JD made of it."""
    return [order for order in shop.orders.values() if order.paid_at and not order.extra.get("is_split")]


def _chosen(order: Order, fields: Sequence[str], vender_id: int, *, is_cipher: bool) -> dict[str, Any]:
    whole = order_json(order, vender_id, is_cipher=is_cipher)
    return {name: value for name, value in whole.items() if name in fields or name == "orderId"}


def _unpaid(shop: Shop, asked: Asked, _vender_id: int) -> dict[str, Any]:
    since, until = times(asked, "startDate", "endDate")
    page, size = page_of(asked, "page", "pageSize")
    orders = [order for order in shop.orders.values() if order.state == "unpaid"]
    found = [unpaid_json(order) for order in orders if since <= whole_seconds(order.placed_at) <= until]
    info = {"pageSize": size, "index": page, "totalItem": len(found), "totalPage": -(-len(found) // size)}
    return {"paginatedInfo": {**info, "pageList": cut(found, page, size)}}


def _note(shop: Shop, asked: Asked, _vender_id: int) -> dict[str, Any]:
    flag, remark = whole(asked, "flag", 0), text(asked, "remark")
    no = text(asked, "order_id")
    if no not in {order.no for order in _known(shop)}:
        return {"modifyvenderremark_result": _api_result("订单不存在", "order_not_exist")}
    if not 0 <= flag <= 5 or len(remark) > _NOTE_LENGTH:
        return {"modifyvenderremark_result": _api_result("备注参数不正确", "remark_error")}
    shop.write_note(no, remark, ("", "red", "yellow", "green", "blue", "purple")[flag])
    return {"modifyvenderremark_result": _api_result()}


# --- parcels ----------------------------------------------------------------------------------------------------------

_REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "no_such_order": ("1", "订单不存在"),
    "not_paid": ("1", "订单不存在"),
    "closed": ("2", "订单已取消"),
    "stopped": ("3", "订单已暂停"),
    "refund_open": ("4", "订单已锁定，不能出库"),
    "already_shipped": ("5", "订单已经发货"),
}


def _ship(shop: Shop, asked: Asked, _vender_id: int) -> dict[str, Any]:
    no = text(asked, "orderId")
    carriers, numbers = text(asked, "logiCoprId").split("|"), text(asked, "logiNo").split("|")

    def refused(code: str, zh: str) -> dict[str, Any]:
        return {"sopjosshipment_result": {"success": False, "error_code": code, "chinese_err_code": zh}}

    if len(carriers) != len(numbers) or not all(numbers):
        return refused("6", "运单号与物流公司不一致")
    if not set(carriers) <= set(CARRIERS):
        return refused("7", "物流公司不存在")
    if no not in {order.no for order in _known(shop)}:
        return refused(*_REFUSALS["no_such_order"])
    try:
        parcel = shop.ship(no, carriers[0], numbers[0])
    except RuleError as error:
        return refused(*_REFUSALS[error.code])
    order = shop.order(no)
    order.parcels += [
        Parcel(carrier, number, {}, parcel.at) for carrier, number in zip(carriers[1:], numbers[1:], strict=True)
    ]
    return {"sopjosshipment_result": {"success": True, "error_code": "", "chinese_err_code": "", "out_batch_id": no}}


def _carriers(_shop: Shop, _asked: Asked, vender_id: int) -> dict[str, Any]:
    rows = [
        {"logistics_id": int(no), "logistics_name": name, "logistics_remark": "", "sequence": "1"}
        for no, name in CARRIERS.items()
    ]
    return {"logistics_companies": {"vender_id": vender_id, "logistics_list": rows}}


def _shop(_shop: Shop, _asked: Asked, vender_id: int) -> dict[str, Any]:
    return {"shop_jos_result": {"vender_id": vender_id, "shop_id": 556677, "shop_name": "练习旗舰店"}}


# --- refunds ----------------------------------------------------------------------------------------------------------


def _refunds(shop: Shop, asked: Asked, _vender_id: int) -> dict[str, Any]:
    page, size = page_of(asked, "pageIndex", "pageSize")
    cases = [case for case in shop.cases.values() if not case.was_sent]
    cases = _within(cases, asked, "applyTime", "requested_at", "Start")
    cases = (
        _within([case for case in cases if case.state != "requested"], asked, "checkTime", "modified_at", "Start")
        if text(asked, "checkTimeStart")
        else cases
    )
    if text(asked, "orderId"):
        cases = [case for case in cases if case.order_no == text(asked, "orderId")]
    rows = [refund_json(case, shop.order(case.order_no)) for case in cases]
    if text(asked, "status"):
        rows = [row for row in rows if row["status"] == whole(asked, "status")]
    return {"queryResult": {"success": True, "totalCount": len(rows), "result": cut(rows, page, size)}}


def _services(shop: Shop, asked: Asked, _vender_id: int) -> dict[str, Any]:
    page, size = page_of(asked, "pageNumber", "pageSize")
    cases = [case for case in shop.cases.values() if case.was_sent]
    if not any(text(asked, name) for name in ("applyTimeBegin", "approveTimeBegin", "orderId")):
        raise Broken("applyTimeBegin")
    cases = _within(cases, asked, "applyTime", "requested_at", "Begin")
    if text(asked, "approveTimeBegin"):
        answered = [case for case in cases if case.state != "requested"]
        cases = _within(answered, asked, "approveTime", "modified_at", "Begin")
    if text(asked, "orderId"):
        cases = [case for case in cases if case.order_no == text(asked, "orderId")]
    rows = [service_json(case, shop.order(case.order_no).line(case.line_nos[0]).goods) for case in cases]
    result = {"success": True, "totalCount": len(rows), "pageNumber": page, "pageSize": size}
    return {"pageResult": {**result, "data": cut(rows, page, size)}}


def _within(cases: Sequence[Case], asked: Asked, name: str, attribute: str, begin: str) -> list[Case]:
    if not text(asked, f"{name}{begin}"):
        return list(cases)
    since, until = times(asked, f"{name}{begin}", f"{name}End")
    return [case for case in cases if since <= whole_seconds(getattr(case, attribute)) <= until]


CALLS: Final[Mapping[str, Callable[[Shop, Asked, int], dict[str, Any]]]] = {
    "jingdong.pop.order.search": lambda shop, asked, vender: _search(shop, asked, vender, is_cipher=False),
    "jingdong.pop.order.enSearch": lambda shop, asked, vender: _search(shop, asked, vender, is_cipher=True),
    "jingdong.pop.order.get": lambda shop, asked, vender: _get(shop, asked, vender, is_cipher=False),
    "jingdong.pop.order.enGet": lambda shop, asked, vender: _get(shop, asked, vender, is_cipher=True),
    "jingdong.pop.order.notPayOrderInfo": _unpaid,
    "jingdong.pop.order.modifyVenderRemark": _note,
    "jingdong.pop.order.shipment": _ship,
    "jingdong.delivery.logistics.get": _carriers,
    "jingdong.vender.shop.query": _shop,
    "jingdong.pop.afs.soa.refundapply.queryPageList": _refunds,
    "jingdong.asc.serviceAndRefund.view": _services,
    **GOODS_CALLS,
}
