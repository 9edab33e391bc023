"""The owner's gateways: what each kind has to be told, keeping it, and opening the way to it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.engine import Connection

from core.channels.models import Shop
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.payments.contract import Gateway
from core.payments.models import PaymentGateway
from core.payments.records import KINDS, ORDER_NO, GatewayDraft
from core.runtime.clock import Clock
from core.runtime.errors import NotFound, Refused
from core.runtime.http import HttpClient, endpoint
from core.runtime.remote_errors import AuthExpired, ChannelError

_LONGEST: Final = 8000
_LONGEST_TEMPLATE: Final = 60


@dataclass(frozen=True, slots=True)
class GatewayRecord:
    """One gateway as stored; `secrets` are in clear here and nowhere else."""

    id: int
    shop_id: int
    kind: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    template: str

    def __repr__(self) -> str:
        return f"GatewayRecord({self.id}, {self.kind})"

    def payment_no(self, order_no: str) -> str:
        """Under which number the order is paid there."""
        return self.template.replace(ORDER_NO, order_no)

    def order_no(self, payment_no: str) -> str | None:
        """The order that is paid under this number; None where the number is not made like ours."""
        before, _, behind = self.template.partition(ORDER_NO)
        inner = len(payment_no) - len(before) - len(behind)
        if inner < 1 or not payment_no.startswith(before) or not payment_no.endswith(behind):
            return None
        return payment_no[len(before) : len(before) + inner]


def open_gateway(record: GatewayRecord, http: HttpClient, clock: Clock) -> Gateway:
    """The way to a gateway.

    Raises:
        Refused: `payment.*_key_bad`, `http.address`: what is kept cannot be used.
    """
    from core.payments import alipay, wechat
    from core.payments.keys import private_key, public_key

    told = record.settings
    private, gateway_key = private_key(record.secrets["private_key"]), public_key(told["gateway_key"])
    if record.kind == "wechat":
        place = endpoint(told.get("base_url") or wechat.HOST)
        account = wechat.WechatAccount(
            told["mchid"], told["serial_no"], private, {told["gateway_serial"]: gateway_key}
        )
        return wechat.WechatPay(place, account, http)
    place = endpoint(told.get("base_url") or alipay.GATEWAY)
    application = alipay.AlipayAccount(told["app_id"], private, gateway_key, record.secrets.get("app_auth_token", ""))
    return alipay.Alipay(place, application, http, clock)


def check_draft(draft: GatewayDraft, kept: Mapping[str, str]) -> None:
    """Refuse what cannot become a gateway; `kept` are the secrets there are already.

    Raises:
        Refused: `payment.kind_unknown`; `payment.setting_missing`, `payment.setting_bad`, facts hold `field`;
            `payment.template_bad`; `payment.private_key_bad`, `payment.public_key_bad`; `http.address`.
    """
    from core.payments.keys import private_key, public_key

    if draft.kind not in KINDS:
        raise Refused("payment.kind_unknown", f"there is no gateway {draft.kind}")
    for one in KINDS[draft.kind]:
        given = (draft.secrets if one.is_secret else draft.settings).get(one.name, "").strip()
        if one.is_required and not given and not (one.is_secret and kept.get(one.name)):
            raise Refused("payment.setting_missing", f"{one.name} is missing", field=one.name)
        is_plain = one.kind in {"pem", "secret_pem"} or given.isprintable()
        if len(given) > _LONGEST or not is_plain:
            raise Refused("payment.setting_bad", f"{one.name} is no such thing", field=one.name)
        if given and one.kind == "secret_pem":
            private_key(given)
        elif given and one.kind == "pem":
            public_key(given)
        elif given and one.kind == "url":
            endpoint(given)
    if draft.template.count(ORDER_NO) != 1 or len(draft.template) > _LONGEST_TEMPLATE:
        raise Refused("payment.template_bad", "the payment number holds {order_no} exactly once")


def save_gateway(uow: UnitOfWork, draft: GatewayDraft) -> int:
    """Keep a gateway: one of each kind for a shop; another one of the same kind takes its place.

    Raises:
        NotFound: `shop.unknown`.
        Refused: as `check_draft`.
    """
    take_turn(uow, "payment_gateways")
    if uow.execute(select(Shop.id).where(Shop.id == draft.shop_id)).one_or_none() is None:
        raise NotFound("shop.unknown", f"there is no shop {draft.shop_id}")
    here = (PaymentGateway.shop_id == draft.shop_id, PaymentGateway.kind == draft.kind)
    found = kept_gateway(uow.connection, draft.shop_id, draft.kind)
    kept = {} if found is None else dict(found.secrets)
    check_draft(draft, kept)
    secrets = {**kept, **{name: value.strip() for name, value in draft.secrets.items() if value.strip()}}
    settings = {name: value.strip() for name, value in draft.settings.items() if value.strip()}
    values = {"settings": settings, "secret": json.dumps(secrets), "template": draft.template.strip()}
    if found is None:
        row = {"shop_id": draft.shop_id, "kind": draft.kind, "is_active": True, "created_at": uow.now}
        gateway_id = uow.insert(PaymentGateway, row | values)
        uow.record("payment.gateway_added", "payment_gateway", gateway_id, kind=draft.kind)
        return gateway_id
    uow.execute(update(PaymentGateway).where(*here).values(**values, last_error=None, last_error_at=None))
    uow.record("payment.gateway_changed", "payment_gateway", found.id, kind=draft.kind)
    return found.id


def set_active(uow: UnitOfWork, gateway_id: int, *, is_active: bool) -> None:
    """Ask a gateway from now on, or no more.

    Raises:
        NotFound: `payment.no_gateway`.
    """
    if not uow.count(update(PaymentGateway).where(PaymentGateway.id == gateway_id).values(is_active=is_active)):
        raise NotFound("payment.no_gateway", f"there is no gateway {gateway_id}")
    uow.record("payment.gateway_active", "payment_gateway", gateway_id, is_on=is_active)


def gateway_of(connection: Connection, gateway_id: int) -> GatewayRecord:
    """One gateway.

    Raises:
        NotFound: `payment.no_gateway`.
    """
    found = _records(connection, PaymentGateway.id == gateway_id)
    if not found:
        raise NotFound("payment.no_gateway", f"there is no gateway {gateway_id}")
    return found[0]


def kept_gateway(connection: Connection, shop_id: int, kind: str) -> GatewayRecord | None:
    """A shop's gateway of a kind, whether it is asked or not."""
    here = (PaymentGateway.shop_id == shop_id, PaymentGateway.kind == kind)
    return next(iter(_records(connection, *here)), None)


def active_gateways(connection: Connection, shop_id: int | None = None) -> Sequence[GatewayRecord]:
    """Gateways that are asked, of one shop or of all."""
    here = () if shop_id is None else (PaymentGateway.shop_id == shop_id,)
    return _records(connection, PaymentGateway.is_active, *here)


def _records(connection: Connection, *here: ColumnElement[bool] | Any) -> Sequence[GatewayRecord]:
    g = PaymentGateway
    query = select(g.id, g.shop_id, g.kind, g.settings, g.secret, g.template).where(*here).order_by(g.id)
    return [
        GatewayRecord(row.id, row.shop_id, row.kind, row.settings, json.loads(row.secret), row.template)
        for row in connection.execute(query)
    ]


def note_good(uow: UnitOfWork, gateway_id: int) -> None:
    """The gateway answered as it should."""
    values = {"last_good_at": uow.now, "last_error": None, "last_error_at": None}
    uow.execute(update(PaymentGateway).where(PaymentGateway.id == gateway_id).values(**values))
    uow.changed("payment_gateway", gateway_id)


def note_bad(uow: UnitOfWork, gateway_id: int, error: Exception) -> None:
    """It did not; since when is kept."""
    said = f"{_kind_of(error)}: {error}"[:300]
    here = PaymentGateway.id == gateway_id
    uow.execute(update(PaymentGateway).where(here).values(last_error=said))
    since = update(PaymentGateway).where(here, PaymentGateway.last_error_at.is_(None))
    uow.execute(since.values(last_error_at=uow.now))
    uow.changed("payment_gateway", gateway_id)


def _kind_of(error: Exception) -> str:
    return AuthExpired.__name__ if isinstance(error, AuthExpired) else getattr(error, "code", "") or _plain(error)


def _plain(error: Exception) -> str:
    return type(error).__name__ if isinstance(error, ChannelError) else "error"
