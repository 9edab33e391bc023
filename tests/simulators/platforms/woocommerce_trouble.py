"""What stands between a caller and the simulated WooCommerce shop: its hoster, its firewall, its plugins, a cache."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from tests.simulators.platforms.server import Answer
from tests.simulators.platforms.woocommerce_site import page
from tests.simulators.platforms.woocommerce_wire import wp_json

_WARNING = b"<br />\n<b>Warning</b>:  Undefined array key &quot;x&quot; in <b>/srv/plugin.php</b><br />\n"


def critical_error() -> Answer:
    """What WordPress says when a plugin breaks it."""
    words = "<p>There has been a critical error on this website.</p>"
    told = {"code": "internal_server_error", "message": words, "data": {"status": 500}, "additional_errors": []}
    return wp_json(told, 500)


#: trouble instead of an answer; the call had no effect
PAGES: Final[Mapping[str, Callable[[], Answer]]] = {
    "too_many": lambda: page("429 Too Many Requests", "nginx", 429, Retry_After="17"),
    #: a hoster that does not say for how long
    "too_many_bare": lambda: page("429 Too Many Requests", "nginx", 429),
    "waf": lambda: page("Request Rejected", "Your request has been blocked by a security rule.", 403),
    "waf_check": lambda: page("Just a moment...", "Checking your browser before you go on.", 503),
    "maintenance": lambda: page(
        "Maintenance", "Briefly unavailable for scheduled maintenance.", 503, Retry_After="600"
    ),
    "no_database": lambda: page("Database Error", "Error establishing a database connection", 500),
    "critical_error": critical_error,
    #: a "private site" plugin that shows its form instead
    "login_200": lambda: page("Log In", "Username or Email Address", 200),
}


def _rows(answer: Answer, change: Callable[[list[Any]], Sequence[Any]]) -> Answer:
    rows = json.loads(answer.body)
    return replace(answer, body=wp_json(change(rows)).body) if isinstance(rows, list) and rows else answer


def _without_totals(answer: Answer) -> Answer:
    return replace(answer, headers={name: text for name, text in answer.headers.items() if "WP" not in name})


#: an answer on its way to the caller: fault -> what becomes of it; the call took effect
ON_THE_WAY: Final[Mapping[str, Callable[[Answer], Answer]]] = {
    #: it took effect and broke afterwards, in a plugin that writes mails
    "error_after": lambda _answer: critical_error(),
    "warning_before": lambda answer: replace(answer, body=_WARNING + answer.body),
    "byte_order_mark": lambda answer: replace(answer, body=b"\xef\xbb\xbf" + answer.body),
    "row_doubled": lambda answer: _rows(answer, lambda rows: [rows[0], *rows]),
    "row_missing": lambda answer: _rows(answer, lambda rows: rows[1:]),
    "row_strange": lambda answer: _rows(answer, lambda rows: [{"id": rows[0]["id"]}, *rows[1:]]),
    "empty_list": lambda answer: replace(answer, body=b"[]"),
    #: a cache in front that drops the headers it does not know
    "no_totals": _without_totals,
    "key_twice": lambda answer: replace(answer, body=re.sub(rb'\{"id":', b'{"id":1,"id":', answer.body, count=1)),
    "not_a_number": lambda answer: replace(answer, body=re.sub(rb'"id":\d+', b'"id":NaN', answer.body, count=1)),
    "float_id": lambda answer: replace(
        answer, body=re.sub(rb'"id":\d+', b'"id":123456789012345678901.0', answer.body, count=1)
    ),
}
