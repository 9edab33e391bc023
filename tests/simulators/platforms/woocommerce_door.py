"""Who may come in to the simulated WooCommerce shop: keys, Basic over TLS, OAuth 1.0a over plain HTTP.

The rules are those of the shop's authentication class; the signature is computed here with the standard library alone.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from tests.simulators.platforms.server import Call
from tests.simulators.platforms.woocommerce_facts import OAUTH_WINDOW_S
from tests.simulators.platforms.woocommerce_wire import SaysNoError, php_pairs

_NEEDED = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method")
_METHODS = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
_FIELD = re.compile(r'(oauth_[a-z_-]*)=(?:"([^"]*)"|([^,]*))')


@dataclass(slots=True)
class Key:
    """One pair of keys. `permissions` is read | write | read_write; `is_manager` off is the key of a mere author."""

    key: str
    secret: str
    permissions: str = "read_write"
    is_manager: bool = True
    nonces: dict[int, str] = field(default_factory=dict)


class Door:
    """Looks at keys and signatures.

    Attributes:
        keys: the pairs that exist; taking one out revokes it.
        keeps_header: off, the server throws the Authorization header away before PHP sees it.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.keys: list[Key] = []
        self.keeps_header = True

    def enter(self, call: Call, home: str, *, is_tls: bool) -> Key | None:
        """The key of a caller; None for one who shows none.

        Raises:
            SaysNoError: 401; what was shown is wrong.
        """
        header = call.headers.get("authorization", "") if self.keeps_header else ""
        params = php_pairs(call.query)
        if is_tls:
            shown = self._basic(params, header)
            if shown is not None:
                found = self._find(shown[0])
                if found is not None:
                    if not hmac.compare_digest(found.secret.encode(), shown[1].encode()):
                        raise _wrong("Consumer secret is invalid.")
                    return found
        return self._signed(call, params, header, home)

    def check_may(self, key: Key, method: str) -> None:
        """Refuse a read-only key that writes, and the other way round."""
        needed = "read" if method in ("GET", "HEAD") else "write"
        if needed not in key.permissions.split("_"):
            raise _wrong(f"The API key provided does not have {needed} permissions.")

    def _find(self, name: str) -> Key | None:
        return next((one for one in self.keys if one.key == name), None)

    @staticmethod
    def _basic(params: Mapping[str, Any], header: str) -> tuple[str, str] | None:
        if params.get("consumer_key") and params.get("consumer_secret"):
            return str(params["consumer_key"]), str(params["consumer_secret"])
        if not header.startswith("Basic "):
            return None
        try:
            name, _, secret = base64.b64decode(header[6:], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return (name, secret) if name and secret else None

    def _signed(self, call: Call, params: dict[str, Any], header: str, home: str) -> Key | None:
        if "form-urlencoded" in call.headers.get("content-type", ""):
            params = params | php_pairs(call.form)
        if header.startswith("OAuth "):
            params = params | {name: unquote(text or bare) for name, text, bare in _FIELD.findall(header)}
        missing = [name for name in _NEEDED if not params.get(name)]
        if len(missing) == len(_NEEDED):
            return None
        if missing:
            words = f"Missing OAuth parameter{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
            raise SaysNoError(401, "woocommerce_rest_authentication_missing_parameter", words)
        key = self._find(str(params["oauth_consumer_key"]))
        if key is None:
            raise _wrong("Consumer key is invalid.")
        if params["oauth_signature_method"] not in _METHODS:
            raise _wrong("Invalid signature - signature method is invalid.")
        shown = unquote(str(params["oauth_signature"]).replace(" ", "+"))
        own = signature(call.method, f"{home}{call.path}", params, key.secret)
        if not hmac.compare_digest(own.encode(), shown.encode()):
            raise _wrong("Invalid signature - provided signature does not match.")
        self._check_once(key, str(params["oauth_timestamp"]), str(params["oauth_nonce"]))
        return key

    def _check_once(self, key: Key, timestamp: str, nonce: str) -> None:
        now = int(self._now().timestamp())
        at = int(timestamp) if timestamp.isascii() and timestamp.isdigit() else 0
        if abs(at - now) > OAUTH_WINDOW_S:
            raise _wrong("Invalid timestamp.")
        if nonce in key.nonces.values():
            raise _wrong("Invalid nonce - nonce has already been used.")
        key.nonces[at] = nonce
        for old in [one for one in key.nonces if one < now - OAUTH_WINDOW_S]:
            del key.nonces[old]


def signature(method: str, url: str, params: Mapping[str, Any], secret: str) -> str:
    """The OAuth 1.0a signature of a call without a token: `url` without its query, `params` without encoding."""
    pairs: list[str] = []
    for name in sorted(name for name in params if name != "oauth_signature"):
        value = params[name]
        if isinstance(value, dict):
            pairs += [_encoded(f"{_encoded(name)}%5B{inner}%5D={_encoded(str(value[inner]))}") for inner in value]
        else:
            pairs.append(_encoded(f"{_encoded(name)}={_encoded(str(value))}"))
    text = "&".join((method.upper(), _encoded(url), "%26".join(pairs)))
    digest = _METHODS[str(params["oauth_signature_method"])]
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), digest).digest()).decode()


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")


def _wrong(words: str) -> SaysNoError:
    return SaysNoError(401, "woocommerce_rest_authentication_error", words)
