"""What the simulated WeChat shop (微信小店) says and counts by: numbers, words, and what nobody could prove.

Sources: the platform's pages (developers.weixin.qq.com/doc/store/API, read 2025-2026) and the field list of an open
SDK for it. Nothing here was seen on the live platform.
"""

from typing import Final

#: errcode -> the platform's own words
MESSAGES: Final = {
    -1: "system error",
    0: "ok",
    31042: "order num exceed limit, please reduce the time range",
    40001: "invalid credential, access_token is invalid or not latest",
    40013: "invalid appid",
    40002: "invalid grant_type",
    40014: "invalid access_token",
    40066: "invalid url",
    40097: "invalid args",
    40125: "invalid appsecret",
    41001: "access_token missing",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    44002: "empty post data",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    47001: "data format error",
    100002: "订单不存在",
    101100: "当前订单状态不允许发货，请检查订单状态",
    108009: "订单在售后中，不允许发货",
    606004: "delivery_id不合法",
    606005: "waybill_id不合法",
    606006: "next_key与请求参数不匹配",
    606040: "拆单发货暂不支持修改物流",
    606041: "修改物流次数已达上限",
    606042: "商品信息有误",
    10020049: "商品正在审核中，无法编辑或删除",
    10020047: "商品正在审核中",
    10020051: "参数有误，请开发者按照文档传参",
    10020052: "商品不存在",
    10020065: "商品未上架",
    10020217: "当前商品草稿状态为审核中，不允许直接更新库存",
    10020218: "增加减少数量为0",
    10020219: "库存不足以减扣",
}

LONGEST_ORDER_WINDOW_S: Final = 7 * 86_400
LONGEST_CASE_WINDOW_S: Final = 86_400
LARGEST_ORDER_PAGE: Final = 100
LARGEST_PRODUCT_PAGE: Final = 30
TOKEN_LIFE_S: Final = 7200
#: so long before the end a new token is handed out, and the old one still works
HANDOVER_S: Final = 300
FORCED_A_DAY: Final = 20
FORCED_APART_S: Final = 30

#: delivery_id -> delivery_name
CARRIERS: Final = {
    "SF": "顺丰速运",
    "ZTO": "中通快递",
    "YTO": "圆通速递",
    "STO": "申通快递",
    "YD": "韵达速递",
    "JTSD": "极兔速递",
    "EMS": "EMS",
    "YZPY": "邮政快递包裹",
    "JD": "京东物流",
    "DBL": "德邦快递",
    "OTHER": "其他",
}

#: facts for which the careful reading was taken, because no source decides: (key, what)
UNPROVEN: Final = (
    ("order_id.type", "Pages call order_id a number, the SDK sends text: both are taken, text is answered"),
    ("list.ends", "Whether both ends of a time range belong to it: both do here"),
    ("list.order", "How a list is sorted: oldest first by default; `is_newest_first` turns it round"),
    ("list.next_key", "Whether next_key is a place or a count: a place here, bound to every parameter"),
    ("list.too_many", "How many orders a window may hold before 31042: 10,000 here, `most_in_window`"),
    (
        "order.update_time",
        "Whether notes, addresses and refunds move update_time: they do here; see `Habits.touches`",
    ),
    ("order.real_price", "Whether real_price is of the whole line: it is here, discounts shared out"),
    ("order.mask", "How a masked name, phone and address look"),
    ("order.line", "Whether the same SKU may stand twice in product_infos: it does here for a gift of the same SKU"),
    ("order.190", "When an order shows 190 instead of 250: `order.extra['oversold']` here"),
    ("cases.page", "How many after-sale ids one page holds: `cases_to_page`"),
    ("cases.one_product", "A case names one product; a case over several lines is told as several here"),
    ("cases.exchange", "The words of exchanges: type EXCHANGE, states of returns"),
    ("cases.unknown", "The code for an unknown after-sale id: 100002 here"),
    ("send.refund_open", "The code for sending goods with an open refund: 108009 as in the older shop API"),
    ("send.wrong_goods", "The code for wrong goods in a parcel: 606042 as for changes of a parcel"),
    ("send.twice", "What a repeated send of a part does: here it takes more units of the order, if any are left"),
    ("update.times", "A number may be changed 3 times (newer page; an older one says once): `most_changes`"),
    ("stock.locked", "Whether total_stock_num holds the units of a promotion, and that diff_type 3 leaves those"),
    ("listing.audit", "Whether a listing put back on sale is audited first: `audits_listings`"),
    ("products.page", "The largest page of products: 30; the last page may still carry a next_key"),
    ("notes.length", "How long a note may be: not limited here"),
    ("carriers.ids", "The ids of the carriers"),
    (
        "token.wrong_secret",
        "40125 for a wrong secret, 40013 for an unknown appid, 45009 for too many forced refreshes",
    ),
)
