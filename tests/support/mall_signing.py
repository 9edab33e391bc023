"""The open mall contract's signature a second time, from its document: RFC 2104 on bare SHA-256."""

import hashlib
from collections.abc import Mapping

_BLOCK = 64


def _hmac_sha256(key: bytes, message: bytes) -> str:
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    key = key.ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).hexdigest()


def independent_signature(secret: str, method: str, target: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Hex of HMAC-SHA256(secret, method \\n target \\n timestamp \\n nonce \\n sha256hex(body))."""
    hashed = hashlib.sha256(body).hexdigest()
    return _hmac_sha256(secret.encode(), f"{method}\n{target}\n{timestamp}\n{nonce}\n{hashed}".encode())


def signed_headers(
    key: str, secret: str, method: str, target: str, timestamp: int, nonce: str, body: bytes
) -> Mapping[str, str]:
    """The four headers, for calling a door without the program's own client."""
    return {
        "X-Key": key,
        "X-Timestamp": str(timestamp),
        "X-Nonce": nonce,
        "X-Signature": independent_signature(secret, method, target, str(timestamp), nonce, body),
    }
