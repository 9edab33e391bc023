"""How WooCommerce lets a key in: plainly over https, by a signature in the query where others may listen.

The signature is OAuth 1.0a with one leg (RFC 5849 without a token): over method, address and query, not the body.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

_METHOD: Final = "HMAC-SHA256"


def basic(key: str, secret: str) -> str:
    """The Authorization header for https."""
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode("ascii")


def signature_of(secret: str, method: str, url: str, params: Sequence[tuple[str, str]]) -> str:
    """The `oauth_signature` of a call.

    Args:
        secret: the key's secret; no token stands behind the `&`.
        method: in capitals.
        url: address without query, as the shop knows itself.
        params: every other parameter of the query, as it is meant, not as it is written.
    """
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in params)
    query = "&".join(f"{name}={value}" for name, value in pairs)
    told = "&".join((method, _encoded(url), _encoded(query)))
    digest = hmac.new(f"{secret}&".encode(), told.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def signed_query(
    key: tuple[str, str], call: tuple[str, str], query: Sequence[tuple[str, str]], at: datetime, nonce: str
) -> tuple[tuple[str, str], ...]:
    """The query of a call with its signature.

    Args:
        key: consumer key and secret.
        call: method and address without query.
        query: the call's own parameters.
        at: the shop's clock; it takes a quarter of an hour either way.
        nonce: a text that was not used before.
    """
    params = (
        *query,
        ("oauth_consumer_key", key[0]),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", _METHOD),
        ("oauth_timestamp", str(int(at.timestamp()))),
    )
    return (*params, ("oauth_signature", signature_of(key[1], call[0], call[1], params)))


def _encoded(text: str) -> str:
    return quote(text, safe="")
