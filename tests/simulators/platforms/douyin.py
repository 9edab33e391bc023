"""A simulated Douyin shop (抖店): one shop of `tests.simulators.platforms.shop` in the platform's own words.

Facts are the platform's documents as public SDKs generated from them keep them; what nobody could check is in
`UNPROVEN`, always in the reading that asks more of an adapter.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from tests.simulators.platforms.douyin_gate import DouyinApp, Pair, RefusalError, TokenOffice, admitted
from tests.simulators.platforms.douyin_goods import GoodsDesk
from tests.simulators.platforms.douyin_orders import OrderDesk
from tests.simulators.platforms.douyin_shipping import ShippingDesk
from tests.simulators.platforms.douyin_words import OrderWords, second
from tests.simulators.platforms.server import Answer, Call, PlatformServer, json_answer
from tests.simulators.platforms.shop import Habits, Shop

#: (key, what is assumed); each is the reading that is harder for an adapter
UNPROVEN: Final = (
    (
        "search.bounds",
        "time bounds of searchList and afterSale/List exclude both ends, as product/listV2 says of its",
    ),
    ("products.made", "start_time and end_time of product/listV2 are when a product was made, in seconds"),
    ("search.cap", "page * size stops at 10,000 for orders, the smaller of the two documented numbers"),
    ("search.equal", "equal start and end are refused rather than found empty"),
    (
        "update_time.narrow",
        "update_time moves by paying, sending, cancelling, ending; not by address, refund or note",
    ),
    ("token.expires_in", "expires_in counts seconds from now; the platform's own comment calls it a time stamp"),
    ("token.create_again", "token/create for the shop's own app gives the living pair again until its last hour"),
    ("token.words", "sub codes of refused codes and refresh tokens"),
    ("app_key.unknown", "an unknown app_key is answered with 30001"),
    ("param_json.other", "a param_json that is not compact and sorted fails as a wrong signature"),
    ("old_envelope", "without the header x-open-no-old-err-code the answer is err_no and message"),
    (
        "idempotent_id.words",
        "an id applied before is 40003 isv.idempotent-id-existed; the call's own table says 40004",
    ),
    ("idempotent_id.scope", "an idempotent_id counts for the whole shop, not for one SKU"),
    ("stock.below_zero", "a difference below zero is refused with 50002 isv.business-failed:2010012"),
    ("stock.prehold", "stock_num leaves out what unpaid orders hold (prehold_stock_num)"),
    ("stock.given_back", "the unit of a cancelled or refunded unsent order returns to stock_num by itself"),
    ("ship.part_words", "logisticsAdd for a partly sent order is refused with 60107"),
    ("edit.limits", "how often and how long a number may be changed is not limited here"),
    ("remark.replaces", "addOrderRemark replaces the note; up to 500 characters (an older document says 60)"),
    ("partial", "10001 comes with isv.business-part-failed and a list that lacks rows"),
    ("receiver.plain", "post_receiver, post_tel and post_addr.detail come empty beside cipher and mask"),
)

#: orders take stock when they are placed; notes, addresses and refunds leave update_time alone
HABITS: Final = Habits(deducts="order", gives_back=True, touches=frozenset({"pay", "ship", "stop"}))
_WORDS: Final = {
    10000: "success",
    10001: "请求部分失败",
    20000: "系统错误",
    20001: "调用服务超时",
    30001: "权限不足",
    30002: "IP不在白名单",
    40001: "缺少系统参数",
    40002: "缺少必选参数",
    40003: "系统参数不正确",
    40004: "非法的参数",
    50002: "业务处理失败",
    60000: "触发限流，请稍后重试",
    70000: "接口已下线",
    80000: "安全限制",
    90000: "请求异常",
}
_BASES: Final = {
    "order": 6_918_490_006_302_719_000,
    "line": 6_918_490_006_302_719_000,
    "case": 7_012_345_678_901_230_000,
    "item": 3_539_925_204_033_330_000,
    "sku": 1_737_398_770_243_598_000,
}
_REFUSALS: Final = {
    "error_20000": (20000, "isp.service-error:9999", "系统异常，请联系相关人员处理。"),
    "timeout_20001_before": (20001, "isp.service-timeout", "服务超时"),
    "timeout_20001_after": (20001, "isp.service-timeout", "服务超时"),
    "busy_50002": (50002, "isv.business-failed:8888", "8888:系统繁忙，请稍后重试"),
    "too_many_60000": (60000, "isp.traffic-limited:628002006", "请求过于频繁，请稍后重试"),
    "token_expired": (40003, "isv.access-token-expired", "access_token已过期"),
    "authorization_closed": (30001, "dop.authorization-closed", "店铺已关闭授权"),
    "ip_30002": (30002, "isv.ip-not-in-whitelist", "IP不在白名单中"),
    "gone_70000": (70000, "isp.service-offline", "接口已下线"),
    "security_80000": (80000, "isp.security-refused", "安全限制"),
    "unknown_90000": (90000, "isp.unknown-error", "请求异常"),
    "partial_10001": (10001, "isv.business-part-failed:256", "服务打瞌睡了，请稍后再试"),
}


def make_shop(now: Callable[[], datetime]) -> Shop:
    """A shop whose numbers and habits are this platform's: ids of 19 digits, beyond what a double holds."""
    shop = Shop(now, HABITS)
    shop.numbering = lambda kind, number: str(_BASES[kind] + number)
    return shop


class DouyinServer(PlatformServer):
    """One shop on Douyin.

    A story may add carriers to `shipping.companies`, close `office`, or let `orders.words.cut_fields` leave fields out.
    """

    own_faults = frozenset(_REFUSALS)

    def __init__(self, shop: Shop, app: DouyinApp | None = None) -> None:
        super().__init__(shop)
        self.app = app or DouyinApp()
        self.office = TokenOffice(self.app, self.now)
        self.orders = OrderDesk(shop, OrderWords(shop, self.app), self.now)
        self.goods = GoodsDesk(shop)
        self.shipping = ShippingDesk(shop)
        self._calls: dict[str, Callable[[Mapping[str, Any]], object]] = {
            "/token/create": lambda wish: self._pair_words(self.office.create(wish)),
            "/token/refresh": lambda wish: self._pair_words(self.office.refresh(wish)),
            "/order/searchList": self.orders.search,
            "/order/orderDetail": self.orders.detail,
            "/afterSale/List": self.orders.cases,
            "/afterSale/Detail": self.orders.case_detail,
            "/product/listV2": self.goods.products,
            "/product/detail": self.goods.product,
            "/product/setOffline": lambda wish: self.goods.set_sale(wish, is_on=False),
            "/product/setOnline": lambda wish: self.goods.set_sale(wish, is_on=True),
            "/sku/list": self.goods.skus,
            "/sku/stockNum": self.goods.stock,
            "/sku/syncStock": self.goods.sync,
            "/sku/syncStockBatch": self.goods.sync_batch,
            "/order/logisticsCompanyList": self.shipping.list_companies,
            "/order/logisticsAdd": self.shipping.add,
            "/order/logisticsAddSinglePack": self.shipping.add_single_pack,
            "/order/logisticsAddMultiPack": self.shipping.add_multi_pack,
            "/order/logisticsEdit": self.shipping.edit,
            "/order/logisticsEditByPack": self.shipping.edit_by_pack,
            "/order/addOrderRemark": self.shipping.write_remark,
        }

    def grant(self) -> Pair:
        """Tokens as the owner's page gives them."""
        return self.office.grant()

    def answer(self, call: Call) -> Answer:
        """The platform's answer; its refusals come with status 200."""
        act = self._calls.get(call.path)
        if act is None:
            return self._reply(call, 70000, "isp.service-offline", "接口不存在", {})
        try:
            wish = admitted(call, self.app, self.office)
            return self._reply(call, 10000, "", "", act(wish))
        except RefusalError as no:
            return self._reply(call, no.code, no.sub_code, no.sub_msg, {})

    def refuse(self, fault: str, call: Call) -> Answer:
        """One of the platform's own faults; a time-out "after" has had its effect."""
        code, sub_code, sub_msg = _REFUSALS[fault]
        if fault == "timeout_20001_after":
            self.answer(call)
        if fault == "partial_10001":
            act = self._calls[call.path]
            return self._reply(call, code, sub_code, sub_msg, _halved(act(admitted(call, self.app, self.office))))
        return self._reply(call, code, sub_code, sub_msg, {})

    def _pair_words(self, pair: Pair) -> object:
        return {
            "access_token": pair.access,
            "expires_in": max(second(pair.access_until) - second(self.now()), 0),
            "refresh_token": pair.refresh,
            "scope": "SCOPE",
            "shop_id": int(self.app.shop_id),
            "shop_name": self.app.shop_name,
            "authority_id": self.app.shop_id,
            "auth_subject_type": "",
        }

    def _reply(self, call: Call, code: int, sub_code: str, sub_msg: str, data: object) -> Answer:
        log_id = f"2026112910{len(self.seen):016d}"
        if call.headers.get("x-open-no-old-err-code") != "1":
            old = {"err_no": 0 if code == 10000 else code, "message": sub_msg or _WORDS[code]}
            return json_answer({**old, "log_id": log_id, "data": data})
        words = {"code": code, "msg": _WORDS[code], "sub_code": sub_code, "sub_msg": sub_msg}
        return json_answer({**words, "log_id": log_id, "data": data})


def _halved(data: object) -> object:
    """What is left of an answer when a part of it failed: every list lacks its second half."""
    if not isinstance(data, dict):
        return data
    return {name: value[: len(value) // 2] if isinstance(value, list) else value for name, value in data.items()}
