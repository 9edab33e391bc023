"""What nobody could check at a platform stands in two lists, and each line of either has its place in the other.

A simulator plays one reading of a fact in doubt; what an owner may notice of it has to be said on the shop's page.
Whoever adds a doubt on one side decides here what it means for the other.
"""

from collections.abc import Mapping

import pytest

from core.channels.registry import built_in
from tests.simulators.platforms import douyin, jd, medusa_facts, pdd, wechat_facts, woocommerce_facts
from tests.simulators.platforms.taobao import UNPROVEN as TAOBAO

PLAYED: Mapping[str, Mapping[str, str]] = {
    "taobao": TAOBAO,
    "jd": jd.UNPROVEN,
    "pdd": dict(pdd.UNPROVEN),
    "douyin": dict(douyin.UNPROVEN),
    "wechat": dict(wechat_facts.UNPROVEN),
    "woocommerce": dict(woocommerce_facts.UNPROVEN),
    "medusa": dict(medusa_facts.UNPROVEN),
}

#: a doubt that is played -> what an owner reads of it
SHOWN: Mapping[str, Mapping[str, str]] = {
    "taobao": {
        "refund_window": "refund_window",
        "memo_modified": "memo_flag",
        "tmall_below_zero": "tmall_below_zero",
        "unit_of_refund": "cancelled_unit",
        "parcels_of_a_line": "parts_of_a_line",
    },
    "jd": {
        "one_month": "windows",
        "modified": "modified",
        "unpaid_money": "unpaid_money",
        "unpaid_cancelled": "unpaid_end",
        "refund_freight": "order_payment",
        "carriers": "carriers",
        "parcels_bar": "second_parcel",
        "stock_ref": "stock_key",
        "stock_below_zero": "stock_floor",
        "stock_store": "stock_store",
        "up_or_down": "up_or_down",
        "note_length": "note_length",
        "service_status": "service_steps",
        "masks": "ciphers",
        "token_pages": "token_pages",
    },
    "pdd": {
        "updated_at.remark": "updated_at",
        "updated_at.refund": "updated_at",
        "receiver.phone_only": "receiver.cipher",
        "refund_status.partial": "refund_status.partial",
        "stock.deduction": "stock.reserve",
        "stock.cancelled": "stock.deduction",
        "already_shipped": "send.errors",
        "unknown_order": "send.errors",
        "returning": "after_sales_type",
        "note.length": "note.length",
    },
    "douyin": {
        "products.made": "products.made",
        "search.bounds": "window.ends",
        "stock.prehold": "stock.prehold",
        "idempotent_id.words": "stock.key",
        "idempotent_id.scope": "stock.key",
        "stock.below_zero": "stock.below_zero",
        "stock.given_back": "stock.cancelled",
        "receiver.plain": "cipher",
    },
    "wechat": {
        "order.update_time": "update_time",
        "carriers.ids": "delivery_id",
        "send.refund_open": "send.refund_open",
        "update.times": "change_infos",
        "notes.length": "notes",
        "cases.one_product": "partial_refund",
    },
    "woocommerce": {
        "dates.offset": "orders.summer_time",
        "modified.note": "notes",
        "stock.failed": "stock.hold",
        "stock.refund": "stock.refund",
        "receiver.district": "receiver.district",
        "tracking.provider": "shipping.plugin",
    },
    "medusa": {"refund.asked": "payment.refund_of_lines"},
}

#: doubts about words and codes on the wire: the adapter is careful with every reading, and no owner meets them
ON_THE_WIRE: Mapping[str, frozenset[str]] = {
    "taobao": frozenset(
        {
            *("empty_lists", "window_ends", "windows_refused", "unknown_trade", "oaid_in_lists", "masks", "holds"),
            *("promotion_lock", "tmall_answer", "repeated_key", "split_code", "number_used", "refund_while_sending"),
            *("cod_offline", "refund_of_many_lines", "oauth_errors", "refusal_of_refresh", "merge_of_stale"),
            *("items_of_one_choice", "unknown_fields"),
        }
    ),
    "jd": frozenset(
        {
            *("order_state", "page_size", "blocked_orders", "unpaid_split", "ship_error_codes", "waybill"),
            *(
                "change_number",
                "deducts",
                "refund_status",
                "service_page",
                "shop_query",
                "refresh_kills",
                "sp_orders",
            ),
        }
    ),
    "pdd": frozenset(
        {
            *("window.end", "window.code", "timestamp.code", "grouping", "refund.sending", "stock.locked"),
            *("refresh.old_token", "ids.text"),
        }
    ),
    "douyin": frozenset(
        {
            *("search.cap", "search.equal", "update_time.narrow", "token.expires_in", "token.create_again"),
            *("token.words", "app_key.unknown", "param_json.other", "old_envelope", "ship.part_words", "edit.limits"),
            *("remark.replaces", "partial"),
        }
    ),
    "wechat": frozenset(
        {
            *("order_id.type", "list.ends", "list.order", "list.next_key", "list.too_many", "order.real_price"),
            *("order.mask", "order.line", "order.190", "cases.page", "cases.exchange", "cases.unknown"),
            *("send.wrong_goods", "send.twice", "stock.locked", "listing.audit", "products.page"),
            "token.wrong_secret",
        }
    ),
    "woocommerce": frozenset(
        {
            *("dates.bounds", "list.tie", "list.beyond", "list.any", "list.unknown", "stock.delta"),
            *("variation.parent", "products.status", "receiver.name", "tracking.twice", "refunds.by_people"),
        }
    ),
    "medusa": frozenset(
        {
            *("updated_at.authorised", "updated_at.ties", "list.default_order", "edit.collection", "receiver.name"),
            *("receiver.address", "notes.metadata", "fulfil.payment", "limits", "kits", "taxes"),
        }
    ),
}

#: doubts that no simulator can play: they are about the real platform's doors, lists and people
NOT_PLAYED: Mapping[str, frozenset[str]] = {
    "taobao": frozenset({"order_types", "cloud"}),
    "jd": frozenset({"flags", "flag_kept", "call_limit"}),
    "pdd": frozenset({"open_address_id", "carriers"}),
    "douyin": frozenset({"open_address_id", "refund_amount", "authorise.page"}),
    "wechat": frozenset({"stock.below_zero", "cancelled_unit"}),
    "woocommerce": frozenset(
        {"orders.number", "orders.gone", "orders.status", "orders.currency", "shipping", "stock.backorders"}
    ),
    "medusa": frozenset({"providers", "versions", "returns.money", "open.age"}),
}


@pytest.mark.parametrize("platform", sorted(PLAYED))
def test_each_doubt_has_its_place_in_both_lists(platform: str) -> None:
    plugin = built_in().get(platform)
    assert plugin is not None
    read = {one.key for one in plugin.capabilities.unproven}
    shown, hidden = SHOWN[platform], ON_THE_WIRE[platform]
    assert set(PLAYED[platform]) == {*shown, *hidden}, "a doubt that is played is shown, or on the wire alone"
    assert not shown.keys() & hidden
    assert read == {*shown.values(), *NOT_PLAYED[platform]}, "what an owner reads is played, or cannot be"
    assert not set(shown.values()) & NOT_PLAYED[platform]
