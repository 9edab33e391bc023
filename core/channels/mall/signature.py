"""The signature of the open mall contract, as its document defines it."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

#: a request older or newer than this is refused by the receiving side
TOLERANCE_S = 300
#: how long the receiving side remembers a nonce: twice the tolerance
NONCE_KEEP_S = 600


@dataclass(frozen=True, slots=True)
class Signed:
    """What is signed. `target` is path and query as in the request line, `timestamp` whole seconds."""

    method: str
    target: str
    timestamp: str
    nonce: str
    body: bytes


def signature_of(secret: str, signed: Signed) -> str:
    """Lower-case hex of HMAC-SHA256 over the five lines."""
    body_hash = hashlib.sha256(signed.body).hexdigest()
    lines = (signed.method, signed.target, signed.timestamp, signed.nonce, body_hash)
    return hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()


def signing_headers(key: str, secret: str, signed: Signed) -> Mapping[str, str]:
    """The four headers of a signed request."""
    return {
        "X-Key": key,
        "X-Timestamp": signed.timestamp,
        "X-Nonce": signed.nonce,
        "X-Signature": signature_of(secret, signed),
    }


def is_genuine(secret: str, signed: Signed, signature: str) -> bool:
    """Whether the signature fits, compared in constant time."""
    return hmac.compare_digest(signature_of(secret, signed).encode(), signature.encode())
