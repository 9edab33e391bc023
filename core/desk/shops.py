"""Shops: adding one, trying its access, and what it is allowed to hear from us."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from core.access.gate import needs
from core.access.rights import Right
from core.channels.by_hand import FILE, UNCALLED
from core.channels.contract import Channel
from core.channels.models import Shop
from core.db.unit_of_work import Store, UnitOfWork
from core.desk.first_page import light
from core.fulfilment.companion import set_prints_elsewhere
from core.fulfilment.handover import set_confirm_at
from core.inventory.warehouses import main_warehouse
from core.runtime.errors import DomainError, Refused, Unavailable
from core.runtime.remote_errors import AuthExpired, ChannelError, RateLimited, Temporary
from core.sync.shop_views import ShopDraft, ShopKind, ShopSetting, ShopView
from core.sync.shops import ShopRecord, add_shop, is_taken, set_access, shop_of

if TYPE_CHECKING:
    from core.channels.plugin import ChannelPlugin
    from core.channels.registry import ChannelRegistry

_LONGEST_NAME = 40
_LONGEST_SETTING = 500


class Shops:
    """The owner's shops. A new one is read only: nothing is told to it before that is switched on."""

    def __init__(
        self,
        store: Store,
        channels: "Callable[[], ChannelRegistry]",
        open_channel: Callable[[ShopRecord], Channel],
        on_changed: Callable[[], None],
        carrier_code: str,
    ) -> None:
        """Make the service.

        Args:
            store: the records.
            channels: the kinds of shops; loaded when they are first asked for.
            open_channel: the way to a shop.
            on_changed: told after each change, so that lanes follow it.
            carrier_code: the carrier of our own numbers.
        """
        self._store = store
        self._channels = channels
        self._open_channel = open_channel
        self._on_changed = on_changed
        self._carrier_code = carrier_code

    @needs(Right.SEE_ORDERS)
    def kinds(self) -> tuple[ShopKind, ...]:
        """Kinds of shops that can be added; those whose orders come in files are added with their first file."""
        return tuple(_kind(plugin) for plugin in self._channels().all() if plugin.id != FILE)

    @needs(Right.SEE_ORDERS)
    def shops(self) -> tuple[ShopView, ...]:
        """Every shop, the oldest first."""
        now = self._store.clock.now()
        columns = (Shop.id, Shop.channel, Shop.name, Shop.settings, Shop.is_active, Shop.confirms_shipments)
        more = (Shop.confirm_at, Shop.prints_elsewhere, Shop.last_good_pull_at, Shop.last_error, Shop.created_at)
        query = select(*columns, *more).order_by(Shop.id)
        rows = self._store.read(lambda connection: connection.execute(query).all())
        return tuple(
            ShopView(
                id=row.id,
                channel=row.channel,
                name=row.name,
                settings=row.settings,
                state=light(row.is_active, row.last_good_pull_at or row.created_at, row.last_error, now),
                is_pulled=row.is_active,
                confirms=row.confirms_shipments,
                confirm_at=row.confirm_at,
                last_good_pull_at=row.last_good_pull_at,
                last_error=row.last_error or "",
                is_asked=row.channel not in UNCALLED,
                prints_elsewhere=row.prints_elsewhere,
            )
            for row in rows
        )

    @needs(Right.CHANGE_SETTINGS)
    def try_access(self, draft: ShopDraft, shop_id: int | None) -> datetime:
        """Ask the shop with what was entered; gives its time. Waits for the network.

        Raises:
            Refused: what `add` says of the draft; `shop.access_refused`, key or account is wrong; `shop.answered`,
                its own words are in facts `words`.
            Unavailable: `shop.silent`, it cannot be reached or is busy.
        """
        self._check(draft, is_new=shop_id is None)
        kept = {} if shop_id is None else self._secrets_of(shop_id)
        secrets = json.dumps({**kept, **_given(draft.secrets)})
        shop = ShopRecord(0, draft.channel, draft.name, dict(draft.settings), secrets, 0, confirms_shipments=False)
        try:
            return self._open_channel(shop).check()
        except ChannelError as error:
            raise _as_domain_error(error) from error

    @needs(Right.CHANGE_SETTINGS)
    def add(self, draft: ShopDraft) -> int:
        """Add a shop, read only; its orders are pulled from then on.

        Raises:
            Refused: `shop.kind_unknown`; `shop.name_bad`; `shop.setting_missing`, `shop.setting_bad`, facts hold
                `field`; `shop.name_taken`.
        """
        self._check(draft, is_new=True)
        secret = json.dumps(_given(draft.secrets))
        shop_id = self._store.write(lambda uow: _add(uow, draft, secret))
        self._on_changed()
        return shop_id

    @needs(Right.CHANGE_SETTINGS)
    def change(self, shop_id: int, draft: ShopDraft) -> None:
        """Change name and access of a shop.

        Raises:
            NotFound: `shop.unknown`.
            Refused: as `add`.
        """
        self._check(draft, is_new=False)
        self._store.write(lambda uow: _change(uow, shop_id, draft))
        self._on_changed()

    @needs(Right.CHANGE_SETTINGS)
    def set_pulled(self, shop_id: int, *, is_pulled: bool) -> None:
        """Pause the pulling of a shop, or go on with it.

        Raises:
            NotFound: `shop.unknown`.
            Refused: `shop.not_asked`, nobody calls this shop.
        """
        self._set(shop_id, "shop.pulled", {"is_active": is_pulled}, is_on=is_pulled)

    @needs(Right.CHANGE_SETTINGS)
    def set_confirms(self, shop_id: int, *, confirms: bool) -> None:
        """Whether a shop is told of parcels that leave from now on.

        Raises:
            NotFound, Refused: as `set_pulled`.
        """
        self._set(shop_id, "shop.confirms", {"confirms_shipments": confirms}, is_on=confirms)

    @needs(Right.CHANGE_SETTINGS)
    def set_confirm_at(self, shop_id: int, moment: str) -> None:
        """When a shop is told that a parcel left.

        Raises:
            NotFound, Refused: as `core.fulfilment.handover.set_confirm_at`.
        """
        self._store.write(lambda uow: set_confirm_at(uow, shop_id, moment))

    @needs(Right.CHANGE_SETTINGS)
    def set_prints_elsewhere(self, shop_id: int, *, is_on: bool) -> None:
        """Whether other software prints the labels of a shop.

        Raises:
            NotFound: `shop.unknown`.
        """
        code = self._carrier_code
        self._store.write(lambda uow: set_prints_elsewhere(uow, shop_id, is_on=is_on, default_carrier=code))

    def _set(self, shop_id: int, action: str, values: Mapping[str, bool], *, is_on: bool) -> None:
        def put(uow: UnitOfWork) -> None:
            shop = shop_of(uow.connection, shop_id)
            if shop.channel in UNCALLED:
                raise Refused("shop.not_asked", "nobody calls this shop; its orders come by hand or in files")
            uow.execute(update(Shop).where(Shop.id == shop_id).values(**values))
            uow.record(action, "shop", shop_id, is_on=is_on)

        self._store.write(put)
        self._on_changed()

    def _secrets_of(self, shop_id: int) -> Mapping[str, str]:
        shop = self._store.read(lambda connection: shop_of(connection, shop_id))
        kept: Mapping[str, str] = json.loads(shop.secret)
        return kept

    def _check(self, draft: ShopDraft, *, is_new: bool) -> None:
        plugin = self._channels().get(draft.channel)
        if plugin is None or draft.channel == FILE:
            raise Refused("shop.kind_unknown", f"this version knows no kind of shop {draft.channel}")
        name = draft.name.strip()
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise Refused("shop.name_bad", f"a shop has a name of at most {_LONGEST_NAME} characters")
        for setting in plugin.settings:
            given = (draft.secrets if setting.kind == "secret" else draft.settings).get(setting.name, "")
            may_stay = setting.kind == "secret" and not is_new
            if setting.is_required and not given.strip() and not may_stay:
                raise Refused("shop.setting_missing", f"{setting.name} is missing", field=setting.name)
            if len(given) > _LONGEST_SETTING or not given.isprintable():
                raise Refused("shop.setting_bad", f"{setting.name} is no such thing", field=setting.name)


def _kind(plugin: "ChannelPlugin") -> ShopKind:
    return ShopKind(
        plugin.id,
        plugin.label_zh,
        plugin.label_en,
        tuple(
            ShopSetting(one.name, one.label_zh, one.label_en, one.kind, one.is_required, one.hint_zh, one.hint_en)
            for one in plugin.settings
        ),
    )


def _given(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _as_domain_error(error: ChannelError) -> DomainError:
    if isinstance(error, Temporary | RateLimited):
        return Unavailable("shop.silent", f"the shop cannot be reached: {error}")
    if isinstance(error, AuthExpired):
        return Refused("shop.access_refused", f"the shop does not let us in: {error}")
    return Refused("shop.answered", f"the shop answered: {error}", words=str(error)[:200])


def _refuse_taken_name(uow: UnitOfWork, name: str, shop_id: int) -> None:
    if is_taken(uow, name, shop_id):
        raise Refused("shop.name_taken", "another shop is called so", name=name)


def _add(uow: UnitOfWork, draft: ShopDraft, secret: str) -> int:
    name = draft.name.strip()
    _refuse_taken_name(uow, name, 0)
    return add_shop(uow, draft.channel, name, _given(draft.settings), secret, main_warehouse(uow))


def _change(uow: UnitOfWork, shop_id: int, draft: ShopDraft) -> None:
    before = shop_of(uow.connection, shop_id)
    if before.channel != draft.channel:
        raise Refused("shop.kind_unknown", "a shop cannot become one of another kind")
    name = draft.name.strip()
    _refuse_taken_name(uow, name, shop_id)
    secret = json.dumps({**json.loads(before.secret), **_given(draft.secrets)})
    set_access(uow, shop_id, _given(draft.settings), secret)
    if name != before.name:
        uow.execute(update(Shop).where(Shop.id == shop_id).values(name=name))
        uow.record("shop.renamed", "shop", shop_id)
