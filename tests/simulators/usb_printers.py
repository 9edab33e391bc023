"""USB printers below pyusb: a backend that holds descriptors and misbehaves on request.

pyusb's own code runs on it: it looks devices up, claims interfaces, counts what was written. What comes through
the OUT endpoint is fed to a print engine, whose papers are the truth. Descriptors are those of printers seen at
real desks (github.com/sintrb/USB-Printer-Descriptors).
"""

import array
import errno
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import usb.backend
import usb.core

from tests.simulators.tspl_engine import TsplEngine

#: name -> (idVendor, idProduct, OUT endpoint, IN endpoint, bytes in an OUT packet)
MODELS = {
    "gprinter-zh380": (0x6868, 0x0500, 0x03, 0x84, 64),
    "gprinter-r222c": (0x6868, 0x0500, 0x01, 0x81, 64),
    "gprinter-58mbiii": (0x6868, 0x0200, 0x02, 0x81, 64),
    "gprinter-31230tud": (0x0471, 0x0055, 0x01, 0x81, 64),
    "xprinter-t58h": (0x0483, 0x5743, 0x02, 0x81, 64),
    "xprinter-p323b": (0x2D37, 0xCBB4, 0x01, 0x82, 64),
    "hprt-a300s": (0x20D1, 0x7007, 0x01, 0x82, 512),
    "detong-dp30s": (0x0483, 0x5A19, 0x01, 0x81, 64),
}


@dataclass(frozen=True, slots=True)
class Alternate:
    """One alternate setting: (class, protocol, endpoint addresses)."""

    kind: int
    protocol: int
    endpoints: tuple[int, ...]


@dataclass(eq=False)
class UsbPrinterDevice:
    """One device on the bus.

    Attributes:
        interfaces: alternate settings by interface, in order.
        strings: by index; an index that is missing gives an empty descriptor.
        device_id: text of GET_DEVICE_ID, "" answers with a stall.
        port_status: byte of GET_PORT_STATUS, None answers with a stall.
    """

    vendor: int
    product: int
    out_endpoint: int
    in_endpoint: int
    packet_bytes: int
    bus: int = 1
    ports: tuple[int, ...] = (1,)
    interfaces: tuple[tuple[Alternate, ...], ...] = ()
    strings: dict[int, str] = field(default_factory=dict)
    device_id: str = ""
    port_status: int | None = 0x18
    engine: TsplEngine = field(default_factory=TsplEngine)

    #: what goes wrong
    is_plugged_in: bool = True
    is_forbidden: bool = False
    is_held_by_another: bool = False
    is_held_by_kernel: bool = False
    is_configured: bool = True
    is_silent: bool = False
    gone_as: int = errno.ENODEV
    most_per_write: int = 1 << 30
    takes: int = 1 << 30
    unplugs_after: int = 1 << 30

    #: what happened
    received: int = 0
    claimed: set[int] = field(default_factory=set)
    chosen_alternates: dict[int, int] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)
    _answers: bytearray = field(default_factory=bytearray)

    def nak_after(self, more_bytes: int) -> None:
        """Take so many further bytes, then none, as a printer without paper."""
        self.takes = self.received + more_bytes

    def unplug_after(self, more_bytes: int) -> None:
        """Vanish after so many further bytes."""
        self.unplugs_after = self.received + more_bytes

    def come_back(self, *, forgets: bool = True) -> None:
        """Plugged in again; without power of its own it has forgotten what was inside."""
        self.is_plugged_in = True
        self.takes = self.unplugs_after = 1 << 30
        self._answers.clear()
        if forgets:
            self.engine.power_cycle()

    def answer_late(self, reply: bytes) -> None:
        """An answer nobody waits for any more lies in the IN endpoint."""
        self._answers += reply


def usb_printer(model: str = "xprinter-p323b", **changes: Any) -> UsbPrinterDevice:
    """A printer of `MODELS`, alone on interface 0 unless `interfaces` says otherwise."""
    vendor, product, out, back, packet = MODELS[model]
    usual = ((Alternate(7, 2, (out, back)),),)
    return UsbPrinterDevice(vendor, product, out, back, packet, **{"interfaces": usual, **changes})


class UsbBus(usb.backend.IBackend):  # type: ignore[misc]  # pyusb is untyped
    """The bus as pyusb sees it. `devices` may change at any time."""

    def __init__(self, *devices: UsbPrinterDevice) -> None:
        self.devices = list(devices)
        self.lock = threading.RLock()

    def enumerate_devices(self) -> Iterator[UsbPrinterDevice]:
        return iter([device for device in self.devices if device.is_plugged_in])

    def get_parent(self, dev: UsbPrinterDevice) -> None:
        return None

    def get_device_descriptor(self, dev: UsbPrinterDevice) -> SimpleNamespace:
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x200, bDeviceClass=0, bDeviceSubClass=0, bDeviceProtocol=0,
            bMaxPacketSize0=64, idVendor=dev.vendor, idProduct=dev.product, bcdDevice=0x100,
            iManufacturer=1 if 1 in dev.strings else 0, iProduct=2 if 2 in dev.strings else 0,
            iSerialNumber=3, bNumConfigurations=1, address=self.devices.index(dev) + 1, bus=dev.bus,
            port_number=dev.ports[-1], port_numbers=dev.ports, speed=2,
        )  # fmt: skip

    def get_configuration_descriptor(self, dev: UsbPrinterDevice, config: int) -> SimpleNamespace:
        if config:
            raise IndexError(config)
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=0, bNumInterfaces=len(dev.interfaces), bConfigurationValue=1,
            iConfiguration=0, bmAttributes=0xC0, bMaxPower=50, extra_descriptors=[],
        )  # fmt: skip

    def get_interface_descriptor(self, dev: UsbPrinterDevice, intf: int, alt: int, config: int) -> SimpleNamespace:
        setting = dev.interfaces[intf][alt]
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=intf, bAlternateSetting=alt,
            bNumEndpoints=len(setting.endpoints), bInterfaceClass=setting.kind, bInterfaceSubClass=1,
            bInterfaceProtocol=setting.protocol, iInterface=0, extra_descriptors=[],
        )  # fmt: skip

    def get_endpoint_descriptor(
        self, dev: UsbPrinterDevice, ep: int, intf: int, alt: int, config: int
    ) -> SimpleNamespace:
        address = dev.interfaces[intf][alt].endpoints[ep]
        return SimpleNamespace(
            bLength=7, bDescriptorType=5, bEndpointAddress=address, bmAttributes=2,
            wMaxPacketSize=64 if address & 0x80 else dev.packet_bytes, bInterval=0, bRefresh=0, bSynchAddress=0,
            extra_descriptors=[],
        )  # fmt: skip

    def open_device(self, dev: UsbPrinterDevice) -> UsbPrinterDevice:
        if dev.is_forbidden:
            raise _error("Access denied (insufficient permissions)", errno.EACCES)
        self._must_be_there(dev)
        return dev

    def close_device(self, dev_handle: UsbPrinterDevice) -> None:
        dev_handle.history.append("close")

    def get_configuration(self, dev_handle: UsbPrinterDevice) -> int:
        self._must_be_there(dev_handle)
        return 1 if dev_handle.is_configured else 0

    def set_configuration(self, dev_handle: UsbPrinterDevice, config_value: int) -> None:
        dev_handle.history.append("configure")
        dev_handle.is_configured = True

    def set_interface_altsetting(self, dev_handle: UsbPrinterDevice, intf: int, altsetting: int) -> None:
        dev_handle.chosen_alternates[intf] = altsetting

    def claim_interface(self, dev_handle: UsbPrinterDevice, intf: int) -> None:
        with self.lock:
            self._must_be_there(dev_handle)
            taken = dev_handle.is_held_by_another or dev_handle.is_held_by_kernel or intf in dev_handle.claimed
            if taken:
                raise _error("Resource busy", errno.EBUSY)
            dev_handle.claimed.add(intf)
            dev_handle.history.append("claim")

    def release_interface(self, dev_handle: UsbPrinterDevice, intf: int) -> None:
        with self.lock:
            dev_handle.claimed.discard(intf)
            dev_handle.history.append("release")
            self._must_be_there(dev_handle)

    def is_kernel_driver_active(self, dev_handle: UsbPrinterDevice, intf: int) -> bool:
        self._must_be_there(dev_handle)
        return dev_handle.is_held_by_kernel

    def detach_kernel_driver(self, dev_handle: UsbPrinterDevice, intf: int) -> None:
        dev_handle.is_held_by_kernel = False
        dev_handle.history.append("detach")

    def attach_kernel_driver(self, dev_handle: UsbPrinterDevice, intf: int) -> None:
        self._must_be_there(dev_handle)
        assert intf not in dev_handle.claimed, "a claimed interface cannot be given to the kernel"
        dev_handle.is_held_by_kernel = True
        dev_handle.history.append("attach")

    def bulk_write(
        self, dev_handle: UsbPrinterDevice, ep: int, intf: int, data: "array.array[int]", timeout: int
    ) -> int:
        """As libusb under pyusb: the count where time ran out after some bytes, an error after none."""
        dev = dev_handle
        with self.lock:
            self._must_be_there(dev)
            assert intf in dev.claimed, "nobody claimed this interface"
            alternate = dev.chosen_alternates.get(intf, 0)
            assert ep in dev.interfaces[intf][alternate].endpoints, "this setting has no such endpoint"
            assert timeout > 0, "0 waits for ever"
            piece = data.tobytes()
            most = min(len(piece), dev.most_per_write, dev.takes - dev.received, dev.unplugs_after - dev.received)
            # What fits a packet arrives whole or not at all.
            if most < len(piece) and len(piece) <= dev.packet_bytes:
                most = 0
            dev.received += most
            dev.engine.feed(piece[:most], lambda reply: self._reply(dev, reply))
            if most < len(piece) and dev.received + len(piece) - most > dev.unplugs_after:
                # libusb tells no count with this error, whatever arrived
                dev.is_plugged_in = False
                dev.claimed.clear()
                dev.engine.power_cycle()
                self._must_be_there(dev)
            if not most and piece:
                raise usb.core.USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)
            return most

    def bulk_read(
        self, dev_handle: UsbPrinterDevice, ep: int, intf: int, buff: "array.array[int]", timeout: int
    ) -> int:
        dev = dev_handle
        with self.lock:
            self._must_be_there(dev)
            assert ep == dev.in_endpoint
            reply = bytes(dev._answers[: len(buff)])
            del dev._answers[: len(buff)]
            if not reply:
                raise usb.core.USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)
            buff[: len(reply)] = array.array("B", reply)
            return len(reply)

    def ctrl_transfer(
        self,
        dev_handle: UsbPrinterDevice,
        bmRequestType: int,  # noqa: N803  # pyusb's names
        bRequest: int,  # noqa: N803  the other side's name
        wValue: int,  # noqa: N803  the other side's name
        wIndex: int,  # noqa: N803  the other side's name
        data: "array.array[int]",
        timeout: int,
    ) -> int:
        dev = dev_handle
        self._must_be_there(dev)
        if (bmRequestType, bRequest) == (0x80, 6):
            return self._string(dev, wValue & 0xFF, data)
        printer = next(number for number, settings in enumerate(dev.interfaces) if settings[0].kind == 7)
        if (bmRequestType, bRequest) == (0xA1, 0) and dev.device_id and wIndex >> 8 == printer:
            body = dev.device_id.encode("latin-1")
            return _fill(data, (len(body) + 2).to_bytes(2, "big") + body)
        if (bmRequestType, bRequest, wIndex) == (0xA1, 1, printer) and dev.port_status is not None:
            return _fill(data, bytes([dev.port_status]))
        raise _error("Pipe error", errno.EPIPE)

    def _string(self, dev: UsbPrinterDevice, index: int, data: "array.array[int]") -> int:
        if index == 0:
            return _fill(data, b"\x04\x03\x09\x04")
        words = dev.strings.get(index)
        if words is None:
            return _fill(data, b"\x02\x03")
        body = words.encode("utf-16-le")
        return _fill(data, bytes([len(body) + 2, 3]) + body)

    def _reply(self, dev: UsbPrinterDevice, reply: bytes) -> None:
        if not dev.is_silent:
            dev._answers += reply

    @staticmethod
    def _must_be_there(dev: UsbPrinterDevice) -> None:
        if not dev.is_plugged_in:
            raise _error("No such device (it may have been disconnected)", dev.gone_as)


def _fill(data: "array.array[int]", reply: bytes) -> int:
    body = reply[: len(data)]
    data[: len(body)] = array.array("B", body)
    return len(body)


def _error(words: str, number: int) -> Exception:
    error: Exception = usb.core.USBError(words, -1, number)
    return error
