"""Parcels and notes on Douyin.

Words and sub codes are those of the platform's own tables for these calls, as kept in public SDKs generated from them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.simulators.platforms.douyin_gate import RefusalError, failed
from tests.simulators.platforms.douyin_words import STARS, line_of, pack_id
from tests.simulators.platforms.shop import Order, RuleError, Shop

#: code -> name of the carriers that the simulated platform works with
COMPANIES: Final = {
    "zhongtong": "中通快递",
    "yuantong": "圆通速递",
    "shentong": "申通快递",
    "yunda": "韵达快递",
    "jtexpress": "极兔速递",
    "shunfeng": "顺丰速运",
    "ems": "EMS",
    "youzhengguonei": "邮政快递包裹",
    "jd": "京东快递",
    "debangwuliu": "德邦快递",
}
_NUMBER: Final = re.compile(r"[0-9A-Za-z-]{6,30}")
_LONGEST_REMARK: Final = 500

_SHIP_WORDS: Final = {
    "no_such_order": ("60033", "订单不存在，请仔细检查后重试"),
    "not_paid": ("60137", "订单未支付，禁止发货"),
    "closed": ("60021", "订单已取消，禁止发货"),
    "stopped": ("60109", "订单正在风控审核中，风控审核时效1~2小时，请等待订单变为“备货中”状态后重试"),
    "already_shipped": ("60110", "订单已发货，不允许再次执行发货"),
    "refund_open": ("60040", "发货订单中有退款申请需要处理，请先处理"),
    "too_many": ("70023", "70023:没有能发货的订单，请修改后重试"),
    "empty_parcel": ("60036", "发货信息为空"),
}


class ShippingDesk:
    """Parcels and notes."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._done: dict[str, object] = {}
        #: the carriers of this platform; a story may add some
        self.companies = dict(COMPANIES)

    def list_companies(self, wish: Mapping[str, Any]) -> object:
        """`/order/logisticsCompanyList`: `data` itself is the list."""
        del wish
        rows = sorted(self.companies.items())
        return [{"id": place, "code": code, "name": name} for place, (code, name) in enumerate(rows, 1)]

    def add(self, wish: Mapping[str, Any]) -> object:
        """`/order/logisticsAdd`: a whole order in one parcel; knows no key."""
        carrier, number = self._carrier(wish), _number(wish)
        with self._shop.lock:
            order = self._order(wish.get("order_id"))
            if order.state == "part_shipped":
                raise failed("60107", "该订单当前为“部分发货”状态，无法调用此接口")
            self._reject_refunds(wish, order, [line.no for line in order.lines])
            self._ship(order, carrier, number, None)
            return {}

    def add_single_pack(self, wish: Mapping[str, Any]) -> object:
        """`/order/logisticsAddSinglePack`: sub-orders of one or several orders in one parcel."""
        with self._shop.lock:
            known = self._known(wish)
            if known is not None:
                return known
            carrier, number = self._carrier(wish), _number(wish)
            orders = [self._order(no) for no in wish.get("order_id_list") or ()]
            if not orders:
                raise RefusalError(40002, "isv.missing-parameter:50049", "订单号不能为空")
            if len({(order.buyer, order.person) for order in orders}) > 1:
                raise failed("70021", "70021:多个订单的收货人手机号/收货地址不一致，请核对发货数据")
            parts = [self._parts(order, wish.get("shipped_order_info") or ()) for order in orders]
            if sum(map(len, parts)) != len(wish.get("shipped_order_info") or ()):
                raise failed("60102", "60102:商品单不存在，请仔细检查后重试")
            with _AllOrNothing(self._shop, orders):
                for order, lines in zip(orders, parts, strict=True):
                    self._reject_refunds(wish, order, list(lines))
                    self._ship(order, carrier, number, lines)
                    _packed(order).add(len(order.parcels) - 1)
            return self._keep(wish, {"pack_id": pack_id(orders[0], len(orders[0].parcels) - 1)})

    def add_multi_pack(self, wish: Mapping[str, Any]) -> object:
        """`/order/logisticsAddMultiPack`: one order in several parcels; any line that cannot go keeps all back."""
        with self._shop.lock:
            known = self._known(wish)
            if known is not None:
                return known
            order = self._order(wish.get("order_id"))
            packs = wish.get("pack_list") or ()
            if not packs:
                raise failed("60036", "发货信息为空")
            told = []
            with _AllOrNothing(self._shop, [order]):
                for pack in packs:
                    inside = pack.get("shipped_order_info") or ()
                    lines = self._parts(order, inside)
                    self._reject_refunds(wish, order, list(lines))
                    self._ship(order, self._carrier(pack), _number(pack), lines)
                    _packed(order).add(len(order.parcels) - 1)
                    place = len(order.parcels) - 1
                    told.append(
                        {
                            "pack_id": pack_id(order, place),
                            "logistics_code": _number(pack),
                            "shipped_order_info": [dict(row) for row in inside],
                        }
                    )
            return self._keep(wish, {"pack_list": told})

    def edit(self, wish: Mapping[str, Any]) -> object:
        """`/order/logisticsEdit`: another number for an order that was sent whole."""
        carrier, number = self._carrier(wish), _number(wish)
        with self._shop.lock:
            order = self._order(wish.get("order_id"))
            if order.state not in ("shipped", "part_shipped"):
                raise failed("10007", "此订单状态不允许重新发货")
            if len(order.parcels) != 1 or _packed(order):
                raise failed("70011", "70011:包裹单号缺失，请修改后重试")
            self._shop.change_number(order.no, order.parcels[0].number, carrier, number)
            return {}

    def edit_by_pack(self, wish: Mapping[str, Any]) -> object:
        """`/order/logisticsEditByPack`: another number for one parcel of several."""
        carrier, number = self._carrier(wish), _number(wish)
        with self._shop.lock:
            order = self._order(wish.get("order_id"))
            if order.state not in ("shipped", "part_shipped"):
                raise failed("60021", "该订单的订单状态不允许发货")
            places = [place for place in range(len(order.parcels)) if pack_id(order, place) == wish.get("pack_id")]
            if not places:
                raise failed("70011", "70011:包裹单号缺失，请修改后重试")
            self._shop.change_number(order.no, order.parcels[places[0]].number, carrier, number)
            return {}

    def write_remark(self, wish: Mapping[str, Any]) -> object:
        """`/order/addOrderRemark`: the seller's note, and a flag where one is asked for."""
        text, star = wish.get("remark"), str(wish.get("star", ""))
        if not isinstance(text, str):
            raise RefusalError(40004, "isv.parameter-invalid:50002", "50002:参数不合法，建议根据文档检查传入数据")
        if len(text) > _LONGEST_REMARK:
            raise failed("50056", "50056:订单备注内容超过规定字数")
        flag = None
        if wish.get("is_add_star") == "true":
            if star not in {str(place) for place in range(len(STARS))}:
                raise RefusalError(40004, "isv.parameter-invalid:50002", "50002:参数不合法，建议根据文档检查传入数据")
            flag = STARS[int(star)]
        with self._shop.lock:
            if str(wish.get("order_id")) not in self._shop.orders:
                raise RefusalError(40004, "isv.parameter-invalid:20002", "20002:orderId不存在，请检查订单号")
            self._shop.write_note(str(wish["order_id"]), text, flag)
            return {}

    def _order(self, number: object) -> Order:
        try:
            return self._shop.order(str(number or ""))
        except RuleError:
            raise failed(*_SHIP_WORDS["no_such_order"]) from None

    def _carrier(self, wish: Mapping[str, Any]) -> str:
        code = wish.get("company_code")
        if not code:
            raise RefusalError(40002, "isv.missing-parameter:60011", "物流公司编码不允许为空")
        if code not in self.companies:
            raise failed("60018", "暂不支持该物流公司或物流商已失效，请检查")
        return str(code)

    def _parts(self, order: Order, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        """The lines of this order among what is to go; sub-orders of others are left for them."""
        lines: dict[str, int] = {}
        for row in rows:
            try:
                line = line_of(order, str(row.get("shipped_order_id")))
            except RefusalError:
                continue
            qty = row.get("shipped_num")
            if type(qty) is not int or qty < 1:
                raise failed("60080", "60080:商品的发货数量不允许小于0")
            lines[line.no] = lines.get(line.no, 0) + qty
        if not lines:
            raise failed("60102", "60102:商品单不存在，请仔细检查后重试")
        return lines

    def _reject_refunds(self, wish: Mapping[str, Any], order: Order, line_nos: Sequence[str]) -> None:
        """`is_reject_refund` says no to what the buyer asked for and sends anyway."""
        if wish.get("is_reject_refund") is not True and wish.get("is_refund_reject") is not True:
            return
        for case in self._shop.cases_of(order.no):
            if case.state == "requested" and set(case.line_nos) & set(line_nos):
                self._shop.refuse(case.no)

    def _ship(self, order: Order, carrier: str, number: str, lines: Mapping[str, int] | None) -> None:
        if lines is None and any(line.after_sale == "requested" for line in order.lines):
            raise failed(*_SHIP_WORDS["refund_open"])
        try:
            self._shop.ship(order.no, carrier, number, lines)
        except RuleError as error:
            if order.state == "done":
                raise failed("60113", "订单已完结，禁止发货") from None
            if error.code == "closed" and order.paid_at is not None:
                raise failed("60068", "该订单已售前退款成功，不能发货") from None
            raise failed(*_SHIP_WORDS[error.code]) from None

    def _known(self, wish: Mapping[str, Any]) -> object | None:
        key = str(wish.get("request_id") or "")
        if not key:
            raise RefusalError(40002, "isv.missing-parameter:50050", "发货请求id不能为空，请检查requestId")
        return self._done.get(key)

    def _keep(self, wish: Mapping[str, Any], answer: object) -> object:
        self._done[str(wish["request_id"])] = answer
        return answer


class _AllOrNothing:
    """Puts orders back as they were when something in between is refused."""

    def __init__(self, shop: Shop, orders: Sequence[Order]) -> None:
        self._shop = shop
        self._kept = [
            (order, list(order.parcels), order.state, order.modified_at, set(_packed(order))) for order in orders
        ]
        self._happened = len(shop.happened)

    def __enter__(self) -> None:
        """Nothing to do: the state was kept when this was made."""

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is None:
            return
        for order, parcels, state, modified_at, packed in self._kept:
            order.parcels, order.state, order.modified_at = parcels, state, modified_at
            order.extra["packed"] = packed
        del self._shop.happened[self._happened :]


def _packed(order: Order) -> set[int]:
    """Places of the parcels that were told by the calls that give a parcel a number."""
    found = order.extra.setdefault("packed", set())
    assert isinstance(found, set)
    return found


def _number(wish: Mapping[str, Any]) -> str:
    number = wish.get("logistics_code")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise failed("60017", "物流单号不符合规则")
    return number
