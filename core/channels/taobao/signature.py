"""How calls to the gateway are signed, by the platform's guide to calling its interface."""

import hashlib
import hmac
from collections.abc import Mapping
from enum import StrEnum


class SignMethod(StrEnum):
    """The three ways; the two with HMAC do not wrap the text into the secret."""

    MD5 = "md5"
    HMAC_MD5 = "hmac"
    HMAC_SHA256 = "hmac-sha256"


def sign(secret: str, params: Mapping[str, str], method: SignMethod) -> str:
    """The signature over every parameter but `sign`, raw values, names in the order of their code points.

    What is empty takes no part, and must not be sent either.
    """
    text = "".join(f"{name}{params[name]}" for name in sorted(params) if name and params[name] and name != "sign")
    if method is SignMethod.MD5:
        digest = hashlib.md5(f"{secret}{text}{secret}".encode()).hexdigest()  # noqa: S324  the platform's
    else:
        hashed = "md5" if method is SignMethod.HMAC_MD5 else "sha256"
        digest = hmac.new(secret.encode(), text.encode(), hashed).hexdigest()
    return digest.upper()
