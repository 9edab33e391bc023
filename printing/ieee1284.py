"""What a printer says about itself in its IEEE-1284 device id, and which language that hints at.

An id is `KEY:value;KEY:value;`, such as `MFG:Gprinter;CMD:TSPL;MDL:GP-1324D;CLS:PRINTER;`. Keys come in a
short and a long form; some printers leave values empty or name an odd command set.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_LONG = {"MANUFACTURER": "MFG", "MODEL": "MDL", "COMMAND SET": "CMD", "DESCRIPTION": "DES", "SERIALNUMBER": "SN"}
_MOST = 200

#: command sets by what they contain, the surer ones first. `XPP,XL` is what Rollo and Marklife say, who speak TSPL
_SPEAKS = (
    ("TSPL", "tspl"),
    ("TSC", "tspl"),
    ("XPP", "tspl"),
    ("ZPL", "zpl"),
    ("CPCL", "cpcl"),
    ("ESC/POS", "escpos"),
    ("ESCPOS", "escpos"),
    ("EPSON", "escpos"),
)


@dataclass(frozen=True, slots=True)
class DeviceId:
    """The parts that help to recognise a printer; empty where it does not say.

    Attributes:
        maker: such as `Gprinter`.
        model: such as `GP-1324D`.
        commands: the command sets as the printer lists them, such as `ZPL,EPL`.
    """

    maker: str = ""
    model: str = ""
    commands: str = ""

    @property
    def language(self) -> str:
        """The language of `printing.languages.names` that the command set names, empty without one."""
        return language_of(self.commands)


def language_of(commands: str) -> str:
    """The label language in a list of command sets; empty where none of ours is in it.

    EPL alone is none of ours, but a printer that also names ZPL gets that.
    """
    upper = commands.upper()
    return next((language for word, language in _SPEAKS if word in upper), "")


def parse_device_id(raw: bytes) -> DeviceId:
    """Read an id as it comes over the wire: two bytes of length, high one first, then the text.

    A few printers count wrong or put the low byte first, so the text itself decides where it ends.
    """
    return parse_device_text(raw[2:].split(b"\0")[0].decode("latin-1"))


def parse_device_text(text: str) -> DeviceId:
    """Read the text of an id, as Linux shows it in `ieee1284_id`. Foreign text: cut and cleaned."""
    values = _values(text)
    return DeviceId(values.get("MFG", ""), values.get("MDL", ""), values.get("CMD", ""))


def _values(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for part in text.split(";"):
        key, colon, value = part.partition(":")
        if colon:
            name = key.strip().upper()
            found.setdefault(_LONG.get(name, name), plain(value))
    return found


def plain(value: str) -> str:
    """Foreign text as one printable line of a bounded length."""
    return "".join(char for char in value if char.isprintable()).strip()[:_MOST]
