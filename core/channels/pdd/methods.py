"""The calls of Pinduoduo that we make, and under which name each answers: it cannot be derived from the call's own.

Source: the platform's documents of each call, through the field lists of two open SDKs.
"""

from collections.abc import Mapping
from typing import Final

CHANGED_ORDERS: Final = "pdd.order.number.list.increment.get"
CONFIRMED_ORDERS: Final = "pdd.order.list.get"
ORDER: Final = "pdd.order.information.get"
STATUSES: Final = "pdd.order.status.get"
CHANGED_CASES: Final = "pdd.refund.list.increment.get"
OPEN_REFUNDS: Final = "pdd.refund.status.check"
NOTE: Final = "pdd.order.note.update"
SEND: Final = "pdd.logistics.online.send"
EXTRA_PARCELS: Final = "pdd.order.upload.extra.logistics"
COMPANIES: Final = "pdd.logistics.companies.get"
GOODS: Final = "pdd.goods.list.get"
GOODS_DETAIL: Final = "pdd.goods.detail.get"
QUANTITY: Final = "pdd.goods.quantity.update"
SALE: Final = "pdd.goods.sale.status.set"
MALL: Final = "pdd.mall.info.get"
TIME: Final = "pdd.time.get"
GRANTED: Final = "pdd.pop.auth.token.create"
RENEWED: Final = "pdd.pop.auth.token.refresh"

ROOTS: Final[Mapping[str, str]] = {
    CHANGED_ORDERS: "order_sn_increment_get_response",
    CONFIRMED_ORDERS: "order_list_get_response",
    ORDER: "order_info_get_response",
    STATUSES: "order_status_get_response",
    CHANGED_CASES: "refund_increment_get_response",
    OPEN_REFUNDS: "refund_status_check_response",
    NOTE: "response",
    SEND: "logistics_online_send_response",
    EXTRA_PARCELS: "upload_extra_logistics_response",
    COMPANIES: "logistics_companies_get_response",
    GOODS: "goods_list_get_response",
    GOODS_DETAIL: "goods_detail_get_response",
    QUANTITY: "goods_quantity_update_response",
    SALE: "goods_sale_status_set_response",
    MALL: "mall_info_get_response",
    TIME: "time_get_response",
    GRANTED: "pop_auth_token_create_response",
    RENEWED: "pop_auth_token_refresh_response",
}

#: calls that anybody with an app may make
WITHOUT_TOKEN: Final = frozenset({TIME, GRANTED, RENEWED})
