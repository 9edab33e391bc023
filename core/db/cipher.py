"""Encryption of single values on PostgreSQL, and keyed digests for looking values up without knowing them."""

import base64
import hmac
import os

from core.db.keys import DataKey

_VERSION = b"\x01"
_DIGEST_BYTES = 16


class DamagedValue(Exception):
    """An encrypted value was changed, or was written in another place or with another key: a defect or an attack."""


class AesCipher:
    """`types.PersonalCipher` by AES-256-GCM with a random nonce; the place is bound to the value."""

    def __init__(self, key: DataKey) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._aes = AESGCM(key.derive("personal values"))
        #: for columns that are looked up by their value: equal values meet and cannot be read
        self.digest = Digester(key).digest

    def encrypt(self, value: str, place: str) -> str:
        """Base64 text of version, nonce and cipher text."""
        return base64.b64encode(self.encrypt_bytes(value.encode(), place)).decode()

    def decrypt(self, stored: str, place: str) -> str:
        """The value.

        Raises:
            DamagedValue: changed, or from another place.
        """
        try:
            raw = base64.b64decode(stored, validate=True)
        except ValueError as error:
            raise DamagedValue(place) from error
        return self.decrypt_bytes(raw, place).decode()

    def encrypt_bytes(self, value: bytes, place: str) -> bytes:
        """Version, nonce and cipher text."""
        nonce = os.urandom(12)
        return _VERSION + nonce + self._aes.encrypt(nonce, value, place.encode())

    def decrypt_bytes(self, stored: bytes, place: str) -> bytes:
        """The value.

        Raises:
            DamagedValue: changed, or from another place.
        """
        from cryptography.exceptions import InvalidTag

        if stored[:1] != _VERSION:
            raise DamagedValue(place)
        try:
            return self._aes.decrypt(stored[1:13], stored[13:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise DamagedValue(place) from error


class Digester:
    """Keyed digests: equal texts of one kind give equal digests, and nobody without the data key can try texts."""

    def __init__(self, key: DataKey) -> None:
        self._key = key.derive("digests")

    def digest(self, kind: str, text: str) -> str:
        """32 hexadecimal digits (128 bits of HMAC-SHA256) of a text of one kind (`consignee`, `phone`)."""
        named = kind.encode()
        message = len(named).to_bytes(2, "big") + named + text.encode()
        return hmac.digest(self._key, message, "sha256")[:_DIGEST_BYTES].hex()
