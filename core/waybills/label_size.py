"""Which paper a carrier's labels want, where a desk has printers with several."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.db.models import Setting
from core.waybills.models import WaybillAccount

#: the papers that labels are drawn for; the empty one is whatever the chosen printer holds
SIZES: Final = ("", "100x150", "76x130")
#: setting: the paper of a carrier's labels
_SETTING: Final = "label_size.{carrier}"


@dataclass(frozen=True, slots=True)
class LabelSize:
    """What one carrier's labels are printed on."""

    carrier_code: str
    carrier_name: str
    size: str


def setting_of(carrier_code: str) -> str:
    """The name of the setting that holds a carrier's paper."""
    return _SETTING.format(carrier=carrier_code)


def size_of(connection: Connection, carrier_code: str) -> str:
    """The paper of a carrier's labels, empty where any will do."""
    query = select(Setting.value).where(Setting.name == setting_of(carrier_code))
    return str(connection.execute(query).scalar_one_or_none() or "")


def label_sizes(connection: Connection) -> tuple[LabelSize, ...]:
    """Every carrier that has an account, with its paper."""
    query = select(WaybillAccount.carrier_code, WaybillAccount.carrier_name).order_by(WaybillAccount.id)
    return tuple(LabelSize(code, name, size_of(connection, code)) for code, name in connection.execute(query).all())
