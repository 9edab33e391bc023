"""What shipping scales send, read by pure functions: bytes in, readings and the unread rest out.

Formats and their sources (manuals, read 2026-11):

- `ad`: header, sign, figures, unit, CR LF: `ST,GS,+  0.523kg`, `US,NT,-  0.10lb`, `OL,+999999.9 g`. A&D EK-L manual
  9-2; Selleton SL-7516 p. 16; Tiger TI-02P p. 21.
- `toledo`: STX, three status bytes, six digits shown, six of tare, CR and perhaps a checksum; the short form leaves
  the tare out. METTLER TOLEDO Wildcat technical manual, tables 6-8 to 6-11; Cardinal 225 p. 118 (short form).
- `xk3190`: STX, sign, six digits, number of decimals, XOR of bytes 2 to 9 as two characters, ETX. Yaohua 耀华
  XK3190-A26, format 0.
- `yaohua`: `=`, sign or 0, figures with point: `=0003.000`. The same manual, format 2.
- `yaohua_reversed`: `=` and the same figures, the lowest first, the sign last: `=000.3000`, `=00.1000-`. Format 1.
- `wn`: `ww` gross or `wn` net, figures, unit, CR LF: `wn0000.523kg`, `ww-0015.000kg`. Liden LUW2001 p. 16, format A.
- `sics`: only when asked (`SI`): `S S     0.523 kg` stable, `S D` moving, `S +` over, `S -` under. MT-SICS level 0.

Seven bits with parity on a line that is read as eight without it show the parity as the highest bit; it is dropped.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from desktop.scale.reading import Reading

#: an unread rest longer than any frame is no beginning of one
_LONGEST: Final = 64
#: heavier than any shipping scale bears: a broken figure
_MOST_GRAMS: Final = 1_000_000
_GRAMS_IN: Final[Mapping[str, Decimal]] = {
    "kg": Decimal(1000),
    "g": Decimal(1),
    "lb": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}
#: what a frame says (None where that is no weight), and where it ends
_Frame = tuple[Reading | None, int]


@dataclass(frozen=True, slots=True)
class Format:
    """One way of talking.

    Attributes:
        read: the first frame in the bytes, with the desk's unit; None without one.
        request: what to send for a reading, empty where the scale talks by itself.
    """

    read: Callable[[bytes, str], _Frame | None]
    request: bytes = b""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What some bytes held: readings in order, and the rest to be kept for the next bytes."""

    readings: tuple[Reading, ...]
    rest: bytes


def decode(name: str, data: bytes, unit: str = "told") -> Decoded:
    """Read every whole frame in `data`; never raises, whatever the bytes.

    Args:
        name: of `FORMATS`.
        data: the rest of before, and what came since.
        unit: of `desktop.scale.reading.UNITS`; "told" believes the scale, and takes kilograms where it does not say.
    """
    read = FORMATS[name].read
    rest = bytes(byte & 0x7F for byte in data)
    readings: list[Reading] = []
    while (found := read(rest, unit)) is not None:
        reading, end = found
        if reading is not None:
            readings.append(reading)
        rest = rest[end:]
    return Decoded(tuple(readings), rest[-_LONGEST:])


def _grams(figures: str, told: str, unit: str) -> int | None:
    """Figures in a unit as whole grams; None for what is no weight."""
    text = figures.replace(" ", "")
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text):
        return None
    factor = _GRAMS_IN[(told or "kg") if unit == "told" else unit]
    grams = int((Decimal(text) * factor).to_integral_value(ROUND_HALF_EVEN))
    return grams if abs(grams) <= _MOST_GRAMS else None


def _weight(
    figures: str, told: str, unit: str, *, is_stable: bool | None = None, is_net: bool = False
) -> Reading | None:
    grams = _grams(figures, told, unit)
    return None if grams is None else Reading(grams, is_stable, is_net)


# --- A&D and those who speak like it ------------------------------------------------------------------------------

_AD: Final = re.compile(
    rb"(ST|US|OL),\s*(?:(GS|NT),)?\s*([+-]?)([0-9. ]{1,12}),?\s*(kg|g|lb|oz)?\s*[\r\n]", re.IGNORECASE
)
_AD_OUT: Final = re.compile(rb"OL,[^\r\n]{0,24}[\r\n]", re.IGNORECASE)


def _read_ad(data: bytes, unit: str) -> _Frame | None:
    found, out = _AD.search(data), _AD_OUT.search(data)
    if out is not None and (found is None or out.start() <= found.start()):
        return Reading(0, is_stable=False, is_out=True), out.end()
    if found is None:
        return None
    state, mode, sign, figures, told = (part.decode() for part in found.groups(b""))
    is_stable, is_net = state.upper() == "ST", mode.upper() == "NT"
    reading = _weight(sign + figures, told.lower(), unit, is_stable=is_stable, is_net=is_net)
    return reading, found.end()


# --- Toledo continuous --------------------------------------------------------------------------------------------

#: bit 5 is set in every status byte; figures may begin with blanks
_TOLEDO: Final = re.compile(
    rb"\x02([\x20-\x3f\x60-\x7f])([\x20-\x3f\x60-\x7f])([\x20-\x3f\x60-\x7f])([0-9 ]{6})(?:[0-9 ]{6})?\r"
)
#: bits 0 to 2 of the first status byte: what the shown digits are to be multiplied by, as a power of ten
_TOLEDO_POWERS: Final = (2, 1, 0, -1, -2, -3, -4, -5)


def _read_toledo(data: bytes, unit: str) -> _Frame | None:
    found = _TOLEDO.search(data)
    if found is None:
        return None
    a, b, c = (part[0] for part in found.groups()[:3])
    digits = found[4].decode().strip()
    if b & 0b100:
        return Reading(0, is_stable=False, is_out=True), found.end()
    told = "g" if c & 0b111 == 1 else "kg" if b & 0b10000 else "lb"
    reading = None
    if digits.isdecimal():
        figures = f"{Decimal(digits).scaleb(_TOLEDO_POWERS[a & 0b111]):f}"
        sign = "-" if b & 0b10 else ""
        reading = _weight(sign + figures, told, unit, is_stable=not b & 0b1000, is_net=bool(b & 1))
    return reading, found.end()


# --- Yaohua -------------------------------------------------------------------------------------------------------

_XK3190: Final = re.compile(rb"\x02([+-][0-9]{6}[0-4])([0-9A-F]{2})\x03")
_YAOHUA: Final = re.compile(rb"=([0-9+-][0-9.]{6}[0-9])(?=[=\r\n])")
_YAOHUA_REVERSED: Final = re.compile(rb"=([0-9][0-9.]{6}[0-9+-])(?=[=\r\n])")


def _read_xk3190(data: bytes, unit: str) -> _Frame | None:
    found = _XK3190.search(data)
    if found is None:
        return None
    body, check = found[1], 0
    for byte in body:
        check ^= byte
    if f"{check:02X}" != found[2].decode():
        return None, found.end()
    sign, digits, decimals = body[:1].decode(), body[1:7].decode(), int(body[7:8])
    figures = f"{Decimal(digits).scaleb(-decimals):f}"
    return _weight(sign + figures, "", unit), found.end()


def _read_yaohua(data: bytes, unit: str) -> _Frame | None:
    found = _YAOHUA.search(data)
    return None if found is None else (_weight(found[1].decode(), "", unit), found.end())


def _read_yaohua_reversed(data: bytes, unit: str) -> _Frame | None:
    found = _YAOHUA_REVERSED.search(data)
    return None if found is None else (_weight(found[1].decode()[::-1], "", unit), found.end())


# --- ww and wn ----------------------------------------------------------------------------------------------------

_WN: Final = re.compile(rb"w([wn])([+-]?[0-9. ]{1,10})(kg|lb|g)\s*[\r\n]")


def _read_wn(data: bytes, unit: str) -> _Frame | None:
    found = _WN.search(data)
    if found is None:
        return None
    reading = _weight(found[2].decode(), found[3].decode(), unit, is_net=found[1] == b"n")
    return reading, found.end()


# --- MT-SICS ------------------------------------------------------------------------------------------------------

_SICS: Final = re.compile(rb"S (?:([SD]) +([+-]? *[0-9.]{1,12}) +(kg|g|lb|oz)|([I+-])) *\r\n")


def _read_sics(data: bytes, unit: str) -> _Frame | None:
    found = _SICS.search(data)
    if found is None:
        return None
    if found[1]:
        reading = _weight(found[2].decode(), found[3].decode(), unit, is_stable=found[1] == b"S", is_net=True)
        return reading, found.end()
    # `S I`: it is still busy, and says so instead of a weight.
    return (None if found[4] == b"I" else Reading(0, is_stable=False, is_out=True)), found.end()


FORMATS: Final[Mapping[str, Format]] = {
    "ad": Format(_read_ad),
    "wn": Format(_read_wn),
    "toledo": Format(_read_toledo),
    "yaohua_reversed": Format(_read_yaohua_reversed),
    "yaohua": Format(_read_yaohua),
    "xk3190": Format(_read_xk3190),
    "sics": Format(_read_sics, b"SI\r\n"),
}
