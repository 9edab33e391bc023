"""A desk lets another one join: the server's address and the data key, sealed under a PIN that is shown once.

The code may be sent by any way, the PIN is read out: neither is worth anything alone.
"""

import base64
import binascii
import hashlib
import json
import os
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from core.db.home import has_server, keep_server
from core.db.keys import DataKey, adopt_key, has_keys, seal, unseal
from core.db.open import StoreConfig
from core.db.servers import look_at_server
from core.db.setting_aside import set_aside
from core.runtime.errors import Refused

_BEGINS: Final = "PDJ1"
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: 40 bits, each try of which costs a tenth of a second: out of reach for whoever has the code alone
_PIN_LENGTH: Final = 8
_SCRYPT_N: Final = 2**15
_SALT: Final = 16
_CHECK: Final = 4
_PLACE: Final = "joining code"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the other desk has to type."""

    code: str = field(repr=False)
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Joining:
    """What a code and its PIN say."""

    url: str = field(repr=False)
    key: DataKey


def invite(url: str, key: DataKey) -> Invitation:
    """A new code with a new PIN; earlier ones stay good."""
    pin = "".join(secrets.choice(_ALPHABET) for _ in range(_PIN_LENGTH))
    salt = os.urandom(_SALT)
    body = json.dumps({"url": url, "key": base64.b64encode(key.value).decode()}).encode()
    sealed = seal(_secret(pin, salt), body, _PLACE)
    raw = salt + base64.b64decode(sealed["nonce"]) + base64.b64decode(sealed["wrapped"])
    text = base64.b32encode(hashlib.sha256(raw).digest()[:_CHECK] + raw).decode().rstrip("=")
    half = _PIN_LENGTH // 2
    return Invitation(f"{_BEGINS}-{text}", f"{pin[:half]}-{pin[half:]}")


def read_invitation(code: str, pin: str) -> Joining:
    """What they say.

    Raises:
        Refused: `join.no_code`, this is no such code; `join.code_cut`, a part is missing or changed; `join.pin`, it
            does not belong to the code.
    """
    text = "".join(code.split()).upper()
    if not text.startswith(f"{_BEGINS}-"):
        raise Refused(
            "join.no_code", "this is no joining code; the host desk shows one under Settings, Several desks"
        )
    body = text.removeprefix(f"{_BEGINS}-")
    try:
        raw = base64.b32decode(body + "=" * (-len(body) % 8))
    except (binascii.Error, ValueError) as error:
        raise _cut() from error
    check, raw = raw[:_CHECK], raw[_CHECK:]
    if hashlib.sha256(raw).digest()[:_CHECK] != check or len(raw) <= _SALT + 12:
        raise _cut()
    sealed = {"nonce": _text(raw[_SALT : _SALT + 12]), "wrapped": _text(raw[_SALT + 12 :])}
    opened = unseal(_secret(_plain(pin), raw[:_SALT]), sealed, _PLACE)
    if opened is None:
        raise Refused("join.pin", "this PIN does not belong to the code")
    facts: dict[str, Any] = json.loads(opened)
    return Joining(facts["url"], DataKey(base64.b64decode(facts["key"])))


def check_joining(joining: Joining) -> dict[str, Any]:
    """Whether the server can be worked with and is the one that was meant; gives its key ring.

    Raises:
        Refused, Unavailable: as `look_at_server`; `join.other_records`, other records are there now; `join.host_old`,
            the host's program is older.
    """
    look = look_at_server(joining.url)
    if look.key_ring is None or look.key_ring.get("key_id") != joining.key.id:
        raise Refused("join.other_records", "there are other records on this server than the code was made for")
    if look.is_old:
        raise Refused("join.host_old", "the other desks have an older Packdesk; update them first, then join")
    return look.key_ring


def join(config: StoreConfig, joining: Joining) -> None:
    """Let the desk of this folder work with the server; what it had before is set aside together.

    Call it while nobody has the folder open.

    Raises:
        Refused, Unavailable: as `check_joining`; `key.*` of the machine's secret. Nothing was changed then.
    """
    ring = check_joining(joining)
    if has_keys(config.folder) or has_server(config.folder):
        set_aside(config.folder, config.clock.now(), "this desk joined others")
    # Whoever has the server's key has been asked for its recovery code where it was made.
    adopt_key(
        config.folder,
        ring | {"recovery_confirmed": True, "database_made": True},
        joining.key,
        config.key_source,
    )
    keep_server(config.folder, joining.key, joining.url)


def _secret(pin: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt, 32, _SCRYPT_N, 8, 1).derive(pin.encode())


def _plain(pin: str) -> str:
    typed = "".join(letter for letter in pin.upper() if letter.isalnum())
    return typed.translate(str.maketrans("OIL", "011"))


def _cut() -> Refused:
    return Refused("join.code_cut", "a part of the code is missing or changed; copy it again from its first letter")


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
