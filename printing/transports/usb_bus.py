"""USB printers as they are plugged in: found by their interface class, never by maker and number.

The same vendor and product numbers come with different endpoints, and belong to the maker of the chip rather
than of the printer: what counts is an interface of class 7 with a bulk OUT endpoint, wherever it stands in the
descriptors. pyusb reads them; the addresses are `VVVV:PPPP`, `VVVV:PPPP:SERIAL` or `VVVV:PPPP@BUS.PORT`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from printing.errors import NothingSent
from printing.ieee1284 import plain
from printing.transports.failures import failure

_PRINTER_CLASS = 7
#: IPP over USB is no raw wire
_IPP = 4
_BULK = 2

_ADDRESS = re.compile(r"([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})(?::(.{1,126})|@([0-9]{1,3}(?:\.[0-9]{1,3})+))?")


@dataclass(frozen=True, slots=True)
class UsbAddress:
    """Which printer is meant.

    Attributes:
        vendor: idVendor.
        product: idProduct.
        serial: its own number where it has one that is its alone.
        place: bus and ports with dots, such as `1.2.3`, where several look the same; stays while nobody
            plugs them over.
    """

    vendor: int
    product: int
    serial: str = ""
    place: str = ""

    def __str__(self) -> str:
        which = f":{self.serial}" if self.serial else f"@{self.place}" if self.place else ""
        return f"{self.vendor:04x}:{self.product:04x}{which}"


def parse_usb_address(text: str) -> UsbAddress | None:
    """Read `VVVV:PPPP[:SERIAL|@BUS.PORT]`; None where it is none."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return None
    return UsbAddress(int(found[1], 16), int(found[2], 16), found[3] or "", found[4] or "")


@dataclass(frozen=True, slots=True)
class UsbPrinter:
    """One printer interface of one plugged-in device, as its descriptors say.

    Attributes:
        device: pyusb's device; good until it is unplugged.
        configuration: value of the configuration the interface belongs to.
        configuration_index: its place in the descriptors.
        interface: its number.
        alternate: the alternate setting with the endpoints below.
        has_alternates: whether there are others, so that this one has to be chosen.
        out_endpoint: where jobs go.
        in_endpoint: where answers come from, 0 without one.
        packet_bytes: the most one packet to the printer holds.
    """

    device: Any
    configuration: int
    configuration_index: int
    interface: int
    alternate: int
    has_alternates: bool
    out_endpoint: int
    in_endpoint: int
    packet_bytes: int

    @property
    def vendor(self) -> int:
        """The idVendor."""
        return int(self.device.idVendor)

    @property
    def product(self) -> int:
        """The idProduct."""
        return int(self.device.idProduct)

    @property
    def place(self) -> str:
        """Bus and ports with dots; the bus address where the system does not tell the ports."""
        ports = self.device.port_numbers or (self.device.address or 0,)
        return ".".join(str(number) for number in (self.device.bus or 0, *ports))

    def serial(self) -> str:
        """Its serial number, empty where it has none or does not tell."""
        return self._text(self.device.iSerialNumber)

    def names(self) -> tuple[str, str]:
        """Maker and product as it calls itself, empty where it has no words or does not tell."""
        return self._text(self.device.iManufacturer), self._text(self.device.iProduct)

    def _text(self, index: int) -> str:
        import usb.core
        import usb.util

        if not index:
            return ""
        try:
            return plain(usb.util.get_string(self.device, index) or "")
        except (usb.core.USBError, ValueError, IndexError):
            return ""  # locked, without a list of languages, or an empty descriptor: nothing of it matters

    def locked_by(self) -> OSError | None:
        """The system's error where it does not let us open the device; None where it does."""
        import usb.core

        try:
            self.device.get_active_configuration()
        except usb.core.USBError as error:
            # Without a number it is pyusb's way to say that no configuration is chosen yet.
            return None if error.errno is None else error
        return None

    def close(self) -> None:
        """Give back what looking at it has opened."""
        import usb.util

        usb.util.dispose_resources(self.device)


def find_backend() -> Any:
    """The libusb of this system, through pyusb.

    Raises:
        NothingSent: `wire.no_libusb`.
    """
    import usb.backend.libusb1

    backend = usb.backend.libusb1.get_backend()
    if backend is None:
        raise NothingSent(
            "wire.no_libusb",
            "libusb is missing: on Linux install libusb-1.0-0; on Windows use the printer's Windows queue",
        )
    return backend


def plugged_in(backend: Any) -> Iterator[UsbPrinter]:
    """Every printer on the bus; devices that cannot be read are passed over."""
    import usb.core

    for device in usb.core.find(find_all=True, backend=backend):
        try:
            printer = _printer_of(device)
        except usb.core.USBError:
            continue
        if printer is not None:
            yield printer


def find_printer(address: UsbAddress, backend: Any) -> UsbPrinter:
    """The one printer of an address.

    Raises:
        NothingSent: `wire.absent`; `wire.ambiguous` where several fit: a label must not come out of just any;
            `wire.forbidden` and the like where a printer cannot be asked for its number.
    """
    alike = [
        printer
        for printer in plugged_in(backend)
        if (printer.vendor, printer.product) == (address.vendor, address.product)
        and (not address.place or printer.place == address.place)
    ]
    fitting = [printer for printer in alike if not address.serial or printer.serial() == address.serial]
    if len(fitting) == 1:
        return fitting[0]
    locks = [] if fitting else [error for printer in alike if (error := printer.locked_by()) is not None]
    for printer in alike:
        printer.close()
    if locks:
        raise failure(locks[0], 0) from locks[0]
    if fitting:
        raise NothingSent("wire.ambiguous", "several printers of this kind are plugged in, and the address fits all")
    raise NothingSent("wire.absent", "the printer is not plugged in")


def _printer_of(device: Any) -> UsbPrinter | None:
    for configuration in device:
        found = [printer for interface in configuration if (printer := _printer_at(device, configuration, interface))]
        if found:
            # Two ways before one way; the order of the descriptors decides among equals.
            return min(found, key=lambda printer: not printer.in_endpoint)
    return None


def _printer_at(device: Any, configuration: Any, interface: Any) -> UsbPrinter | None:
    if interface.bInterfaceClass != _PRINTER_CLASS or interface.bInterfaceProtocol == _IPP:
        return None
    out = _bulk_endpoints(interface, is_in=False)
    back = _bulk_endpoints(interface, is_in=True)
    if not out:
        return None
    siblings = [one for one in configuration if one.bInterfaceNumber == interface.bInterfaceNumber]
    return UsbPrinter(
        device=device,
        configuration=configuration.bConfigurationValue,
        configuration_index=configuration.index,
        interface=interface.bInterfaceNumber,
        alternate=interface.bAlternateSetting,
        has_alternates=len(siblings) > 1,
        out_endpoint=out[0].bEndpointAddress,
        in_endpoint=back[0].bEndpointAddress if back else 0,
        packet_bytes=out[0].wMaxPacketSize & 0x7FF or 64,
    )


def _bulk_endpoints(interface: Any, *, is_in: bool) -> Sequence[Any]:
    return [
        endpoint
        for endpoint in interface
        if endpoint.bmAttributes & 3 == _BULK and bool(endpoint.bEndpointAddress & 0x80) == is_in
    ]
