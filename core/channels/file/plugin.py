"""What the settings page needs to know of shops whose orders come in files; nobody calls such a shop."""

from collections.abc import Mapping
from datetime import datetime

from core.channels.by_hand import FILE
from core.channels.contract import Capabilities, Channel, ChannelOrder, OrderPage, ShipmentNotice
from core.channels.plugin import ChannelPlugin, SettingField
from core.runtime.clock import Clock
from core.runtime.http import HttpClient
from core.runtime.remote_errors import Rejected

_CAPABILITIES = Capabilities(sees_unpaid=True)


class FileChannel:
    """Answers every call with the same: there is nobody to ask. Shipped parcels wait for the shipping table."""

    capabilities = _CAPABILITIES

    def pull_orders(self, since: datetime, cursor: str | None) -> OrderPage:  # noqa: ARG002  the contract's shape
        """Nobody answers."""
        raise _nobody()

    def open_orders(self, cursor: str | None) -> OrderPage:  # noqa: ARG002  the contract's shape
        """Nobody answers."""
        raise _nobody()

    def get_order(self, order_no: str) -> ChannelOrder | None:  # noqa: ARG002  the contract's shape
        """Nobody answers."""
        raise _nobody()

    def confirm_shipment(self, notice: ShipmentNotice) -> None:  # noqa: ARG002  the contract's shape
        """Nobody answers; the shipping table tells the platform."""
        raise _nobody()

    def check(self) -> datetime:
        """Nobody answers."""
        raise _nobody()


def _nobody() -> Rejected:
    return Rejected("the orders of this shop come in files; there is nobody to ask", code="shop_of_files")


def _open(
    settings: Mapping[str, str],  # noqa: ARG001  the factory's shape
    secret: Mapping[str, str],  # noqa: ARG001  the factory's shape
    http: HttpClient,  # noqa: ARG001  the factory's shape
    clock: Clock,  # noqa: ARG001  the factory's shape
) -> Channel:
    return FileChannel()


PLUGIN = ChannelPlugin(
    id=FILE,
    label_zh="文件导入的店铺",
    label_en="Shop whose orders come in files",
    settings=(
        SettingField(
            "platform",
            "平台",
            "Platform",
            is_required=False,
            hint_zh="taobao、jd、pdd、douyin",
            hint_en="taobao, jd, pdd, douyin",
        ),
    ),
    capabilities=_CAPABILITIES,
    factory=_open,
    keeps_unpaid=True,
)
