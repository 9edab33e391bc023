"""The data key: 32 random bytes, wrapped once for this machine and once by the recovery code.

`keys.json` beside the database holds only wrapped copies. What unwraps them is the recovery code on the owner's
paper, and on this machine a secret in the system keyring or, where no keyring exists, in a key file.
"""

import base64
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from core.db.files import write_durably
from core.db.recovery_code import new_recovery_code, read_recovery_code
from core.runtime.errors import Refused, Unavailable

KEYS_FILE = "keys.json"
_FORMAT = 1
#: about 100 ms; the code itself has 160 random bits, so this only slows down guessing a half-known one
_SCRYPT_N = 2**15
_SCRYPT_LIMIT = 2**22


@dataclass(frozen=True, slots=True)
class DataKey:
    """The key everything is encrypted with. `id` may be shown and stored; the value never."""

    value: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.value) != 32:
            raise ValueError("the data key must be 32 bytes")

    @property
    def id(self) -> str:
        """16 hexadecimal digits that tell one key from another and nothing else."""
        return self.derive("key id").hex()[:16]

    @property
    def file_key(self) -> bytes:
        """The key of the SQLite file: never the data key itself, so that no two uses share one."""
        return self.derive("database file")

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose (HKDF-SHA256), so that no two uses share a key."""
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(SHA256(), 32, salt=None, info=f"packdesk {purpose}".encode()).derive(self.value)


class KeySource(Protocol):
    """Where this machine keeps the secret that unwraps the data key."""

    @property
    def name(self) -> str:
        """`keyring` or `file`: the name of its wrap in keys.json."""
        ...

    def load(self, account: str) -> bytes | None:
        """The 32-byte secret stored for this key id, None when there is none.

        Raises:
            Unavailable: the place does not answer.
        """
        ...

    def save(self, account: str, secret: bytes) -> None:
        """Store the secret."""
        ...


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made, with the code that must be shown to the owner once."""

    key: DataKey
    recovery_code: str = field(repr=False)


def has_keys(folder: Path) -> bool:
    """Whether this folder has a key file."""
    return (folder / KEYS_FILE).exists()


def create_key(folder: Path, source: KeySource) -> NewKey:
    """Make a data key for a new database in `folder` and wrap it twice.

    Raises:
        Refused: `key.exists`, the folder has one; it is never replaced.
        Unavailable: the source does not keep secrets.
    """
    if has_keys(folder):
        raise Refused("key.exists", f"{folder / KEYS_FILE} is there already")
    key = DataKey(secrets.token_bytes(32))
    code = new_recovery_code()
    ring: dict[str, Any] = {
        "format": _FORMAT,
        "key_id": key.id,
        "recovery": _wrap_by_code(key, code),
        "recovery_confirmed": False,
        "database_made": False,
    }
    ring[source.name] = _wrap_for_machine(key, source)
    _write(folder, ring)
    return NewKey(key, code)


#: codes of `load_key` that the recovery code helps against
OPENED_BY_CODE: Final = frozenset({"key.recovery_needed", "key.secret_damaged"})


def load_key(folder: Path, source: KeySource) -> DataKey:
    """The data key, unwrapped with this machine's secret.

    Raises:
        Refused: `key.no_file`, `key.damaged`; `key.recovery_needed`, this machine has no secret for it: ask for the
            recovery code and call `unlock_with_code`.
        Unavailable: the keyring does not answer.
    """
    ring = read_keys(folder)
    wrap = ring.get(source.name)
    secret = source.load(ring["key_id"]) if wrap else None
    if wrap is None or secret is None:
        raise Refused(
            "key.recovery_needed",
            f"this machine's {source.name} has no key for {folder}; enter the recovery code",
            source=source.name,
        )
    value = unseal(secret, wrap, f"{source.name} {ring['key_id']}")
    if value is None:
        raise Refused(
            "key.recovery_needed",
            f"the key in this machine's {source.name} does not open {folder}; enter the recovery code",
            source=source.name,
        )
    return DataKey(value)


def open_with_code(ring: dict[str, Any], recovery_code: str) -> DataKey:
    """The data key out of the content of a keys.json, unwrapped with the recovery code.

    Raises:
        Refused: `key.code_typo`, `key.code_length`; `key.code_wrong`, well typed but of another database.
    """
    code = read_recovery_code(recovery_code)
    wrap = ring["recovery"]
    secret = _secret_of_code(code, wrap)
    value = unseal(secret, wrap, f"recovery {ring['key_id']}")
    if value is None:
        raise Refused("key.code_wrong", "this recovery code belongs to another database")
    return DataKey(value)


def unlock_with_code(folder: Path, recovery_code: str, source: KeySource) -> DataKey:
    """As `open_with_code`, and wrapped anew for this machine so that the next start asks nothing."""
    ring = read_keys(folder)
    key = open_with_code(ring, recovery_code)
    adopt_key(folder, ring, key, source)
    return key


def adopt_key(folder: Path, ring: dict[str, Any], key: DataKey, source: KeySource) -> None:
    """Write `folder`'s keys.json from another one (a backup, another desk) with a wrap for this machine."""
    own = recovery_part(ring) | {"database_made": ring.get("database_made", False)}
    own[source.name] = _wrap_for_machine(key, source)
    _write(folder, own)


def confirm_recovery_code(folder: Path, recovery_code: str) -> None:
    """Note that the owner has written the code down, proved by typing it again.

    Raises:
        Refused: as `open_with_code`.
    """
    ring = read_keys(folder)
    open_with_code(ring, recovery_code)
    _write(folder, ring | {"recovery_confirmed": True})


def is_recovery_confirmed(folder: Path) -> bool:
    """Whether the owner ever proved to have the code: remind until then."""
    return bool(read_keys(folder).get("recovery_confirmed"))


def renew_recovery_code(folder: Path, key: DataKey) -> str:
    """A new recovery code for the same key; the old one no longer opens this folder (old backups it still does)."""
    code = new_recovery_code()
    ring = read_keys(folder) | {"recovery": _wrap_by_code(key, code), "recovery_confirmed": False}
    _write(folder, ring)
    return code


def mark_database_made(folder: Path) -> None:
    """Remember that the database was completed once: from now on a missing file is a loss, not a first start."""
    _write(folder, read_keys(folder) | {"database_made": True})


def recovery_part(ring: dict[str, Any]) -> dict[str, Any]:
    """What may leave this machine with a backup: only the copy that the recovery code opens."""
    names = ("format", "key_id", "recovery", "recovery_confirmed")
    return {name: ring[name] for name in names if name in ring}


def read_keys(folder: Path) -> dict[str, Any]:
    """The content of keys.json.

    Raises:
        Refused: `key.no_file`, `key.damaged`, `key.too_new`.
    """
    path = folder / KEYS_FILE
    try:
        ring = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise Refused(
            "key.no_file", f"{path} is missing: take it from a backup, without it nothing opens the data"
        ) from error
    except (OSError, ValueError) as error:
        raise Refused("key.damaged", f"{path} cannot be read: take it from a backup") from error
    if not isinstance(ring, dict) or not isinstance(ring.get("recovery"), dict) or "key_id" not in ring:
        raise Refused("key.damaged", f"{path} is damaged: take it from a backup")
    if ring.get("format") != _FORMAT:
        raise Refused("key.too_new", f"{path} was written by a newer Packdesk; install that version")
    return ring


def _write(folder: Path, ring: dict[str, Any]) -> None:
    text = json.dumps(ring, indent=1, sort_keys=True)
    write_durably(folder / KEYS_FILE, text.encode())


def _wrap_for_machine(key: DataKey, source: KeySource) -> dict[str, Any]:
    secret = _kept_secret(key, source) or secrets.token_bytes(32)
    source.save(key.id, secret)
    if source.load(key.id) != secret:
        raise Unavailable(
            "key.not_kept",
            f"this machine's {source.name} did not give back what was stored in it",
            source=source.name,
        )
    return seal(secret, key.value, f"{source.name} {key.id}")


def _kept_secret(key: DataKey, source: KeySource) -> bytes | None:
    try:
        return source.load(key.id)
    except Refused as error:
        if error.code != "key.secret_damaged":
            raise
        # Whoever has the key gives this machine a new one.
        return None


def _wrap_by_code(key: DataKey, code: str) -> dict[str, Any]:
    how: dict[str, Any] = {"kdf": "scrypt", "n": _SCRYPT_N, "r": 8, "p": 1, "salt": _text(os.urandom(16))}
    return how | seal(_secret_of_code(code, how), key.value, f"recovery {key.id}")


def _secret_of_code(code: str, how: dict[str, Any]) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    try:
        cost, block, lanes = int(how["n"]), int(how["r"]), int(how["p"])
        # A changed file must not make us use all memory.
        if how["kdf"] != "scrypt" or cost * block * lanes > _SCRYPT_LIMIT:
            raise Refused("key.damaged", f"{KEYS_FILE} is damaged: take it from a backup")
        return Scrypt(base64.b64decode(how["salt"]), 32, cost, block, lanes).derive(code.encode())
    except (KeyError, ValueError, TypeError) as error:
        raise Refused("key.damaged", f"{KEYS_FILE} is damaged: take it from a backup") from error


def seal(secret: bytes, value: bytes, place: str) -> dict[str, str]:
    """`value` under a 32-byte secret, bound to `place`: what `unseal` opens."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(12)
    return {"nonce": _text(nonce), "wrapped": _text(AESGCM(secret).encrypt(nonce, value, place.encode()))}


def unseal(secret: bytes, wrap: dict[str, Any], place: str) -> bytes | None:
    """The wrapped value, None when the secret is another one or the wrap was changed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        nonce, wrapped = base64.b64decode(wrap["nonce"]), base64.b64decode(wrap["wrapped"])
        return AESGCM(secret).decrypt(nonce, wrapped, place.encode())
    except (InvalidTag, KeyError, ValueError, TypeError):
        return None


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
