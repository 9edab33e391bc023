"""WooCommerce's signature against the documented vector, and both ways of being let in."""

import base64
from datetime import UTC, datetime

from core.channels.woocommerce.signature import basic, signature_of, signed_query

URL = "http://shop.example.test/wp-json/wc/v3/orders"
QUERY = (("page", "1"), ("modified_after", "2026-01-08T00:00:00"))
NONCE = "abcdef0123456789abcdef0123456789abcdef01"
AT = datetime.fromtimestamp(1767837600, UTC)
SIGNATURE = "GfUZUoyXMt852RsQlZ1a/T84KWIN6EJWY6znIL1QI/0="


def test_the_signature_equals_the_documented_one() -> None:
    signed = signed_query(("ck_test", "cs_test"), ("GET", URL), QUERY, AT, NONCE)

    assert signed[-1] == ("oauth_signature", SIGNATURE)
    assert dict(signed[:-1]) == {
        **dict(QUERY),
        "oauth_consumer_key": "ck_test",
        "oauth_nonce": NONCE,
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": "1767837600",
    }
    assert signature_of("cs_test", "GET", URL, tuple(reversed(signed[:-1]))) == SIGNATURE, "order does not count"


def test_method_address_every_parameter_and_the_secret_count() -> None:
    params = signed_query(("ck_test", "cs_test"), ("GET", URL), QUERY, AT, NONCE)[:-1]

    others = {
        signature_of("cs_test", "PUT", URL, params),
        signature_of("cs_test", "GET", URL + "/1", params),
        signature_of("cs_other", "GET", URL, params),
        *(signature_of("cs_test", "GET", URL, params[:at] + params[at + 1 :]) for at in range(len(params))),
    }
    assert len(others) == 3 + len(params)
    assert SIGNATURE not in others


def test_a_header_holds_both_halves_of_the_key() -> None:
    scheme, _, told = basic("ck_1", "cs_2").partition(" ")
    assert (scheme, base64.b64decode(told)) == ("Basic", b"ck_1:cs_2")
