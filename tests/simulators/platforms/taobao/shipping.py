"""Telling the platform that goods left: whole, in parts, in several parcels, and with another number."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from tests.simulators.platforms.shop import Order, RuleError
from tests.simulators.platforms.taobao.desk import Desk, place_of
from tests.simulators.platforms.taobao.gateway import Listed, Params, TopError, business, invalid, picked
from tests.simulators.platforms.taobao.trades import CARRIERS, type_of

_OFFLINE = "isv.logistics-offline-service-error"
_ONLINE = "isv.logistics-online-service-error"
_RESEND = "isv.logistics-update-company-or-mailno-error"
_TEXTS = {
    "B01": "订单不存在",
    "B04": "订单状态不支持发货",
    "B27": "订单有退款，不能发货",
    "B55": "订单当前不允许发货",
    "B56": "物流公司不存在",
    "B60": "运单号不符合规则",
    "B98": "物流类型不正确",
    "F03": "运单号已被使用",
    "CD19": "订单未发货",
    "CD22": "订单已拆单，请传入子订单",
    "CD25": "拆单标识与子订单必须同时传入",
    "CD29": "订单未拆单，不能传入子订单",
    "CD31": "捆绑子订单必须一起发货",
    "P06": "订单状态不支持修改",
    "P07": "运单号没有变化",
    "P10": "运单号不符合规则",
    "P38": "子订单不属于该订单",
}
_RULES = {
    "not_paid": "B04",
    "closed": "B04",
    "already_shipped": "B04",
    "too_many": "B04",
    "empty_parcel": "B04",
    "stopped": "B55",
    "refund_open": "B27",
}


def _no(family: str, code: str) -> TopError:
    return business(f"{family}:{code}", _TEXTS[code])


def companies(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.logistics.companies.get`."""
    rows = [
        {"id": number, "code": code, "name": name, "reg_mail_no": f"^{pattern}$"}
        for number, code, name, pattern in CARRIERS
    ]
    fields = params.words("fields")
    return {"logistics_companies": Listed("logistics_company", [picked(row, fields) for row in rows])}


def offline(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.logistics.offline.send`."""
    order = _order(desk, params, _OFFLINE)
    if type_of(order) == "cod":
        raise _no(_OFFLINE, "B98")
    return _send(desk, params, order, _OFFLINE)


def online(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.logistics.online.send`; without a number the state changes with `online.confirm`."""
    order = _order(desk, params, _ONLINE)
    if params.get("out_sid"):
        return _send(desk, params, order, _ONLINE)
    _check_carrier(params.need("company_code"), _ONLINE)
    desk.waiting_numbers[order.no] = params.get("company_code")
    return {"shipping": {"is_success": True}}


def confirm_online(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.logistics.online.confirm`."""
    order = _order(desk, params, _ONLINE)
    carrier = desk.waiting_numbers.get(order.no)
    if carrier is None:
        raise _no(_ONLINE, "B04")
    _ship(desk, order, carrier, params.need("out_sid"), None, _ONLINE)
    del desk.waiting_numbers[order.no]
    return {"shipping": {"is_success": True}}


def resend(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.logistics.consign.resend`: another carrier or number within 50 days."""
    order = _order(desk, params, _RESEND)
    carrier, number = params.need("company_code"), params.need("out_sid")
    if not order.parcels:
        raise _no(_RESEND, "CD19")
    if order.state not in ("part_shipped", "shipped"):
        raise _no(_RESEND, "P06")
    lines = _parts(desk, params, order, _RESEND)
    parcels = [one for one in order.parcels if lines is None or set(one.lines) == set(lines)]
    if not parcels or (lines is None and len(order.parcels) > 1):
        raise _no(_RESEND, "CD22")
    if desk.now() - parcels[-1].at > timedelta(days=50):
        raise _no(_RESEND, "P06")
    if (parcels[-1].carrier, parcels[-1].number) == (carrier, number):
        raise _no(_RESEND, "P07")
    _check_number(desk, order, carrier, number, _RESEND)
    desk.shop.change_number(order.no, parcels[-1].number, carrier, number)
    return {"shipping": {"is_success": True}}


def ascp(desk: Desk, params: Params) -> dict[str, object]:
    """`alibaba.ascp.logistics.offline.send`: the new chain (`consign_type` 1) takes parts of a line."""
    order = _order(desk, params, _OFFLINE)
    kind = params.whole("consign_type", 0, 0, 1)
    packages = params.json("consign_pkgs")
    if not isinstance(packages, list) or not packages:
        raise invalid("consign_pkgs")
    for package in packages:
        _send_package(desk, order, package, takes_parts=kind == 1)
    return {"result": {"success": True}}


def _send_package(desk: Desk, order: Order, package: object, *, takes_parts: bool) -> None:
    if not isinstance(package, dict) or not isinstance(package.get("goods"), list):
        raise invalid("consign_pkgs")
    lines: dict[str, int] = {}
    for goods in package["goods"]:
        line = _line_no(desk, order, str(goods.get("sub_tid") or ""), _OFFLINE)
        lines[line] = lines.get(line, 0) + int(goods.get("num") or 0)
    if not takes_parts and any(order.line(no).qty != qty for no, qty in lines.items()):
        raise invalid("consign_pkgs", "旧链路不支持部分数量发货")
    carrier, number = str(package.get("company_code") or ""), str(package.get("out_sid") or "")
    _ship(desk, order, carrier, number, lines, _OFFLINE)


def _order(desk: Desk, params: Params, family: str) -> Order:
    order = desk.shop.orders.get(params.number("tid"))
    if order is None:
        raise _no(family, "B01")
    return order


def _send(desk: Desk, params: Params, order: Order, family: str) -> dict[str, object]:
    carrier, number = params.need("company_code"), params.need("out_sid")
    lines = _parts(desk, params, order, family)
    left = None if lines is None else {no: order.line(no).qty - order.sent(no) for no in lines}
    _ship(desk, order, carrier, number, left, family)
    return {"shipping": {"is_success": True}}


def _parts(desk: Desk, params: Params, order: Order, family: str) -> Sequence[str] | None:
    """The lines that the call names, None for all; the flags have to fit together and to what was told before."""
    oids, is_split = params.words("sub_tid"), params.get("is_split")
    if is_split not in ("", "0", "1"):
        raise invalid("is_split")
    if is_split == "0" and oids:
        raise _no(family, "CD29")
    if (is_split == "1") != bool(oids):
        raise _no(family, "CD25")
    was_split = order.state == "part_shipped" or len(order.parcels) > 1 or bool(order.extra.get("was_split"))
    if was_split and not oids:
        raise _no(family, "CD22")
    if not oids:
        return None
    lines = [_line_no(desk, order, oid, family) for oid in oids]
    for bound in _bound(order):
        if set(bound) & set(lines) and not set(bound) <= set(lines):
            raise _no(family, "CD31")
    order.extra["was_split"] = True
    return lines


def _bound(order: Order) -> Sequence[Sequence[str]]:
    """Lines that have to leave together: `order.extra["bound"]`, line numbers of the shop."""
    bound = order.extra.get("bound")
    return bound if isinstance(bound, list) else []


def _line_no(desk: Desk, order: Order, oid: str, family: str) -> str:
    for line in order.lines:
        if desk.oid(order, line) == oid:
            return line.no
    raise _no(family, "P38")


def _check_carrier(code: str, family: str) -> str:
    pattern = next((pattern for _id, known, _name, pattern in CARRIERS if known == code), None)
    if pattern is None:
        raise _no(family, "B56") if family != _RESEND else _no(family, "P06")
    return pattern


def _check_number(desk: Desk, order: Order, carrier: str, number: str, family: str) -> None:
    pattern = _check_carrier(carrier, family)
    if not re.fullmatch(pattern, number):
        raise _no(family, "B60" if family != _RESEND else "P10")
    for other in desk.shop.orders.values():
        if place_of(other.person) != place_of(order.person) and any(one.number == number for one in other.parcels):
            raise _no(family, "F03" if family != _RESEND else "P10")


def _ship(desk: Desk, order: Order, carrier: str, number: str, lines: Mapping[str, int] | None, family: str) -> None:
    if order.state in ("unpaid", "cancelled", "shipped", "done"):
        raise _no(family, "B04")
    _check_number(desk, order, carrier, number, family)
    try:
        desk.shop.ship(order.no, carrier, number, lines)
    except RuleError as error:
        raise _no(family, _RULES.get(error.code, "B04")) from None
