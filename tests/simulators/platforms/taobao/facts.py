"""What this simulator assumes where no document says it; each time the reading that bites a careless caller."""

from collections.abc import Mapping
from typing import Final

UNPROVEN: Final[Mapping[str, str]] = {
    "empty_lists": "a list without rows is left out together with its wrapper",
    "window_ends": "both ends of a window of modified or created times belong to it",
    "windows_refused": "a window that is too long, upside down or older than 90 days is answered with code 41",
    "refund_window": "windows of refunds are as short as those of trades: one day at most",
    "unknown_trade": "an unknown tid is answered with code 15 and isv.trade-not-exist",
    "memo_modified": "a seller's memo or flag does not move a trade's modified time",
    "oaid_in_lists": "only trade.fullinfo.get with include_oaid gives an oaid, lists give none",
    "masks": "names as one character and **, phones as 138****1234, addresses as ****; no receiver_town at all",
    "holds": "top_hold, team_buy_hold, share_group_hold, ofp_hold and forbid_consign are the number 1 while they stand",
    "unit_of_refund": "a trade paid back before it was sent gives its units back to the item",
    "promotion_lock": "a locked SKU refuses every full write with 被系统锁定 and takes increments",
    "tmall_below_zero": "a Tmall increment that asks for more than is left is refused, not clamped",
    "tmall_answer": "tmall.item.quantity.update answers with the item's number as text and not with its stock",
    "repeated_key": "the same outer_biz_key again is answered as the first time, whatever else it says",
    "parcels_of_a_line": "a line that left in several parcels names the newest number only",
    "split_code": "is_split=0 with sub_tid is CD29; unknown lines are P38; lines that belong together are CD31",
    "number_used": "a number that was told for somebody else's trade is F03; the same receiver's trades may share one",
    "refund_while_sending": "a line with an open refund cannot be sent: B27",
    "cod_offline": "a cash-on-delivery trade is refused by logistics.offline.send with B98",
    "refund_of_many_lines": "a buyer who asks for several lines at once makes one refund for each line",
    "oauth_errors": "the token page refuses with status 400, error and error_description",
    "refusal_of_refresh": "an app that may not refresh is refused with code 15 and isv.refresh-not-allowed",
    "merge_of_stale": "a tid whose oaid is stale stands alone in the answer of oaid.merge",
    "items_of_one_choice": "an item without choices has no skus, and its lines carry outer_iid instead of outer_sku_id",
    "unknown_fields": "unknown names in fields are passed over",
}
