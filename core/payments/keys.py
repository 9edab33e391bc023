"""RSA keys as gateways hand them out: PEM, certificates, or bare base64 from a text field.

The cryptography library is loaded when the first key is read, not at the start.
"""

import base64
import binascii
import re
from typing import TYPE_CHECKING

from core.runtime.errors import Refused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_LEAST_BITS = 2048


def private_key(text: str) -> "RSAPrivateKey":
    """The private key of a merchant or an application: PEM, or base64 of PKCS#8 or PKCS#1.

    Raises:
        Refused: `payment.private_key_bad`; nothing of the text is told.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    for pem in _as_pem(text, ("PRIVATE KEY", "RSA PRIVATE KEY")):
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError):
            continue
        if isinstance(key, RSAPrivateKey) and key.key_size >= _LEAST_BITS:
            return key
    raise Refused("payment.private_key_bad", "this is no private key of RSA with 2048 bits or more")


def public_key(text: str) -> "RSAPublicKey":
    """The public key of a gateway: PEM, a certificate, or base64.

    Raises:
        Refused: `payment.public_key_bad`.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    for pem in _as_pem(text, ("PUBLIC KEY", "CERTIFICATE")):
        try:
            key = (
                x509.load_pem_x509_certificate(pem).public_key()
                if b"CERTIFICATE" in pem
                else serialization.load_pem_public_key(pem)
            )
        except (ValueError, TypeError):
            continue
        if isinstance(key, RSAPublicKey) and key.key_size >= _LEAST_BITS:
            return key
    raise Refused("payment.public_key_bad", "this is no public key of RSA with 2048 bits or more")


def sign(key: "RSAPrivateKey", message: bytes) -> str:
    """RSA with SHA-256, PKCS#1 v1.5, as base64."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


def is_signed(key: "RSAPublicKey", message: bytes, signature: str) -> bool:
    """Whether the signature is of this message and key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        key.verify(base64.b64decode(signature, validate=True), message, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def unsealed(api_key: bytes, nonce: str, associated: str, ciphertext: str) -> bytes:
    """The content of a WeChat resource (AEAD_AES_256_GCM).

    Raises:
        ValueError: the key is another, or something was changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(api_key).decrypt(nonce.encode(), base64.b64decode(ciphertext), associated.encode())
    except InvalidTag:
        raise ValueError("sealed by another key, or changed") from None


def _as_pem(text: str, kinds: tuple[str, ...]) -> list[bytes]:
    """The text as PEM of each kind that it may be."""
    found = re.search(r"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", text, re.DOTALL)
    if found is not None:
        kinds, text = (found.group(1),), found.group(2)
    bare = re.sub(r"\s+", "", text)
    if not re.fullmatch(r"[A-Za-z0-9+/]+=*", bare):
        return []
    lines = "\n".join(bare[place : place + 64] for place in range(0, len(bare), 64))
    return [f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n".encode() for kind in kinds]
