"""PINs, as they are stored: keyed, salted and slow to try."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable

from core.runtime.errors import Refused

#: keyed digest of (kind, text), see `core.db.cipher.Digester`
Digest = Callable[[str, str], str]

SHORTEST, LONGEST = 4, 12
#: cost as a power of two and block size: 100 to 250 ms and 32 MB a try
_COST, _BLOCK = 15, 8
_KIND = "pin"
_SEQUENCES = ("01234567890123", "98765432109876")


def check_pin(pin: str) -> None:
    """Raise where this may not be a PIN.

    Raises:
        Refused: `pin.shape`, not 4 to 12 digits; `pin.too_simple`, one digit again and again, or digits in a row.
    """
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
        raise Refused("pin.shape", f"a PIN has {SHORTEST} to {LONGEST} digits", shortest=SHORTEST, longest=LONGEST)
    if len(set(pin)) == 1 or any(pin in sequence for sequence in _SEQUENCES):
        raise Refused("pin.too_simple", "a PIN of one digit, or of digits in a row, is guessed first")


def hash_pin(pin: str, digest: Digest) -> str:
    """What is stored of a PIN: `scrypt$cost$block$salt$hash`. Takes 100 ms and more: never in a transaction.

    The digest's key goes in too, so that whoever has only the table of a server cannot even try.
    """
    salt = secrets.token_bytes(16)
    made = _stretched(pin, digest, salt, _COST, _BLOCK)
    return "$".join(("scrypt", str(_COST), str(_BLOCK), _text(salt), _text(made)))


def is_pin(pin: str, stored: str, digest: Digest) -> bool:
    """Whether `stored` was made of this PIN."""
    scheme, cost, block, salt, wanted = stored.split("$")
    if scheme != "scrypt":
        return False
    made = _stretched(pin, digest, base64.b64decode(salt), int(cost), int(block))
    return hmac.compare_digest(made, base64.b64decode(wanted))


def nobodys_hash() -> str:
    """A hash that no PIN has: an unknown name takes as long as a known one."""
    return "$".join(("scrypt", str(_COST), str(_BLOCK), _text(bytes(16)), _text(b"none")))


def _stretched(pin: str, digest: Digest, salt: bytes, cost: int, block: int) -> bytes:
    # Unassigned surrogates come from no keyboard, but whatever was typed must give an answer and no trace.
    keyed = digest(_KIND, pin.encode("utf-8", "replace").decode("utf-8"))
    room = 256 * block * 2**cost
    return hashlib.scrypt(keyed.encode(), salt=salt, n=2**cost, r=block, p=1, maxmem=room, dklen=32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
