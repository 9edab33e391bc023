"""Shops: adding one, trying its access, and what it is allowed to hear from us."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from core.access.gate import needs
from core.access.rights import Right
from core.catalog.records import MOST_LIFE_DAYS
from core.channels.by_hand import FILE, UNCALLED
from core.channels.contract import Channel
from core.channels.models import HOLD_S, Shop
from core.db.limits import limits_of
from core.db.unit_of_work import Store, UnitOfWork
from core.desk.authorising import access_of, whose
from core.desk.first_page import light
from core.desk.shop_kinds import kind_of
from core.fulfilment.companion import set_prints_elsewhere
from core.fulfilment.handover import set_confirm_at
from core.fulfilment.resuming import goods_came
from core.inventory.warehouses import main_warehouse
from core.runtime.errors import Refused
from core.runtime.remote_errors import AuthExpired, ChannelError
from core.sync.grants import ENDING, ENDING_DAYS, grants
from core.sync.notes import set_writes_notes
from core.sync.shop_views import NOT_STORED, ShopDraft, ShopKind, ShopView, UnreadView
from core.sync.shops import ShopRecord, add_shop, is_taken, set_access, shop_of
from core.sync.start_list import stage_of
from core.sync.troubles import Trouble, as_domain_error, trouble_in, trouble_of
from core.sync.unread import Unread, set_awaited, unread_by_shop

if TYPE_CHECKING:
    from core.channels.plugin import ChannelPlugin
    from core.channels.registry import ChannelRegistry

_LONGEST_NAME = 40
_LONGEST_SETTING = 500
#: a week: longer than any platform keeps an unpaid order
_LONGEST_HOLD_MIN = 7 * 24 * 60


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
        return tuple(kind_of(plugin) for plugin in self._channels().all() if plugin.id != FILE)

    @needs(Right.SEE_ORDERS)
    def shops(self) -> tuple[ShopView, ...]:
        """Every shop, the oldest first."""
        now = self._store.clock.now()
        columns = (Shop.id, Shop.channel, Shop.name, Shop.settings, Shop.is_active, Shop.confirms_shipments)
        more = (Shop.confirm_at, Shop.prints_elsewhere, Shop.last_good_pull_at, Shop.last_error, Shop.created_at)
        start = (Shop.on_desk, Shop.cut_over_at, Shop.writes_stock, Shop.writes_notes, Shop.awaits_owner)
        query = select(*columns, *more, *start, Shop.min_life_days, Shop.hold_s).order_by(Shop.id)
        rows, given, early, left = self._store.read(
            lambda connection: (
                connection.execute(query).all(),
                {one.shop_id: one for one in grants(connection)},
                limits_of(connection, ENDING, ENDING_DAYS),
                unread_by_shop(connection),
            )
        )
        found = []
        for row in rows:
            plugin = self._channels().get(row.channel)
            grant, trouble = given.get(row.id), trouble_in(row.last_error)
            days = early.of(f"shop:{row.id}")
            was_heard = row.last_good_pull_at is not None
            view = ShopView(
                id=row.id,
                channel=row.channel,
                name=row.name,
                settings=row.settings,
                state=light(
                    row.last_good_pull_at or row.created_at,
                    row.last_error,
                    now,
                    is_active=row.is_active,
                    awaits_owner=row.awaits_owner,
                ),
                is_pulled=row.is_active,
                confirms=row.confirms_shipments,
                confirm_at=row.confirm_at,
                last_good_pull_at=row.last_good_pull_at,
                last_error=row.last_error or "",
                is_asked=row.channel not in UNCALLED,
                prints_elsewhere=row.prints_elsewhere,
                hold_minutes=row.hold_s // 60,
                min_life_days=row.min_life_days,
                trouble=trouble,
                topic=_topic(plugin, trouble),
                access=access_of(plugin, row.settings, grant, was_heard=was_heard, early_days=days, now=now),
                whose=whose(grant),
                on_desk=row.on_desk,
                cut_over_at=row.cut_over_at,
                writes_stock=row.writes_stock,
                writes_notes=row.writes_notes,
                takes_notes=plugin is not None and plugin.capabilities.writes_notes,
                stage=stage_of(
                    on_desk=row.on_desk, confirms=row.confirms_shipments, writes_stock=row.writes_stock
                ).value,
                unread=tuple(
                    UnreadView(one.order_no, one.since_at, _topic_of(plugin, one)) for one in left.get(row.id, ())
                ),
            )
            found.append(view)
        return tuple(found)

    @needs(Right.CHANGE_SETTINGS)
    def try_access(self, draft: ShopDraft, shop_id: int | None) -> datetime:
        """Ask the shop with what was entered; gives its time. Waits for the network.

        Raises:
            Refused: what `add` says of the draft; `shop.access_refused`, key or account is wrong;
                `shop.not_authorised`, its owner has to say yes on the platform's page first; `shop.answered`. Facts:
                `topic`, `code_said`, `words`, see `core.sync.troubles`.
            Unavailable: `shop.silent`, it cannot be reached or is busy.
        """
        self._check(draft, is_new=shop_id is None)
        kept = {} if shop_id is None else self._secrets_of(shop_id)
        secrets = json.dumps({**kept, **_given(draft.secrets)})
        shop = ShopRecord(0, draft.channel, draft.name, dict(draft.settings), secrets, 0, confirms_shipments=False)
        try:
            return self._open_channel(shop).check()
        except Refused as error:
            if self._misses_token(error, draft) and self._awaits_owner(draft, shop_id):
                raise _not_authorised() from error
            raise
        except ChannelError as error:
            if isinstance(error, AuthExpired) and self._awaits_owner(draft, shop_id):
                raise _not_authorised() from error
            raise as_domain_error(error, _topic(self._channels().get(draft.channel), trouble_of(error))) from error

    @needs(Right.CHANGE_SETTINGS)
    def add(self, draft: ShopDraft) -> int:
        """Add a shop, read only; its orders are pulled from then on, or from when its owner has let us in.

        Raises:
            Refused: `shop.kind_unknown`; `shop.name_bad`; `shop.setting_missing`, `shop.setting_bad`, facts hold
                `field`; `shop.name_taken`.
        """
        self._check(draft, is_new=True)
        secret = json.dumps(_given(draft.secrets))
        plugin = self._channels().get(draft.channel)
        hold_s = 0 if plugin is not None and plugin.keeps_unpaid else HOLD_S
        awaits = plugin is not None and plugin.awaits_owner(draft.settings, draft.secrets)
        shop_id = self._store.write(lambda uow: _add(uow, draft, secret, hold_s, awaits_owner=awaits))
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
        plugin = self._channels().get(draft.channel)
        self._store.write(lambda uow: _change(uow, shop_id, draft, plugin))
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
    def stop_telling(self, shop_id: int) -> None:
        """Tell a shop of no parcel any more; it is switched on with the list of `core.desk.starting.Starting`.

        Raises:
            NotFound, Refused: as `set_pulled`.
        """
        self._set(shop_id, "shop.confirms", {"confirms_shipments": False}, is_on=False)

    @needs(Right.CHANGE_SETTINGS)
    def set_writes_notes(self, shop_id: int, *, is_on: bool) -> None:
        """Whether seller's notes that are written here are told to a shop.

        Raises:
            NotFound: `shop.unknown`.
            Refused: `shop.not_asked`, nobody calls this shop; `shop.takes_no_notes`.
        """

        def put(uow: UnitOfWork) -> None:
            plugin = self._channels().get(self._called(uow, shop_id).channel)
            if is_on and (plugin is None or not plugin.capabilities.writes_notes):
                raise Refused("shop.takes_no_notes", "seller's notes cannot be written at this kind of shop")
            set_writes_notes(uow, shop_id, is_on=is_on)

        self._store.write(put)
        self._on_changed()

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

    @needs(Right.CHANGE_SETTINGS)
    def set_hold(self, shop_id: int, minutes: int) -> None:
        """How long an unpaid order of a shop keeps its units from now on; 0 as long as the shop keeps it open.

        What is claimed already keeps the time it was given.

        Raises:
            NotFound: `shop.unknown`.
            Refused: `shop.hold_bad`, not between 0 and a week.
        """
        if not 0 <= minutes <= _LONGEST_HOLD_MIN:
            raise Refused("shop.hold_bad", "an unpaid order keeps its units for 0 to 10080 minutes", minutes=minutes)

        def put(uow: UnitOfWork) -> None:
            shop_of(uow.connection, shop_id)
            uow.execute(update(Shop).where(Shop.id == shop_id).values(hold_s=minutes * 60))
            uow.record("shop.hold_set", "shop", shop_id, minutes=minutes)

        self._store.write(put)

    @needs(Right.CHANGE_SETTINGS)
    def set_min_life(self, shop_id: int, days: int) -> None:
        """How long goods have to last still when this shop's orders are promised them; 0: it does not matter.

        Orders that wait for goods are tried again: fewer days may let them go on.

        Raises:
            NotFound: `shop.unknown`.
            Refused: `shop.life_bad`.
        """
        if not 0 <= days <= MOST_LIFE_DAYS:
            raise Refused("shop.life_bad", "this is no number of days", most=MOST_LIFE_DAYS)

        def put(uow: UnitOfWork) -> None:
            shop_of(uow.connection, shop_id)
            uow.execute(update(Shop).where(Shop.id == shop_id).values(min_life_days=days))
            uow.changed("shop", shop_id)
            uow.record("shop.min_life", "shop", shop_id, days=days)
            goods_came(uow, self._carrier_code)

        self._store.write(put)

    @needs(Right.CHANGE_SETTINGS)
    def set_awaited(self, shop_id: int, order_no: str, *, is_awaited: bool) -> None:
        """Whether the program waits for an order that it could not take in.

        Raises:
            NotFound: `order.unread_unknown`; it came meanwhile.
        """
        self._store.write(lambda uow: set_awaited(uow, shop_id, order_no, is_awaited=is_awaited))

    def _set(self, shop_id: int, action: str, values: Mapping[str, bool], *, is_on: bool) -> None:
        def put(uow: UnitOfWork) -> None:
            self._called(uow, shop_id)
            uow.execute(update(Shop).where(Shop.id == shop_id).values(**values))
            uow.record(action, "shop", shop_id, is_on=is_on)

        self._store.write(put)
        self._on_changed()

    @staticmethod
    def _called(uow: UnitOfWork, shop_id: int) -> ShopRecord:
        shop = shop_of(uow.connection, shop_id)
        if shop.channel in UNCALLED:
            raise Refused("shop.not_asked", "nobody calls this shop; its orders come by hand or in files")
        return shop

    def _misses_token(self, error: Refused, draft: ShopDraft) -> bool:
        """Whether a channel cannot be opened for want of what its page of authorising gives."""
        plugin = self._channels().get(draft.channel)
        given = () if plugin is None else (one.name for one in plugin.settings if not one.is_required)
        return error.code == "channel.setting" and error.facts.get("field") in given

    def _awaits_owner(self, draft: ShopDraft, shop_id: int | None) -> bool:
        """Whether the platform wants its page to be used, and nobody did so far."""
        plugin = self._channels().get(draft.channel)
        if plugin is None or not plugin.has_page(draft.settings):
            return False
        given = () if shop_id is None else self._store.read(lambda connection: grants(connection, shop_id))
        return all(one.granted_at is None for one in given)

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


def _topic_of(plugin: "ChannelPlugin | None", one: Unread) -> str:
    is_ours = one.trouble is not None and one.trouble.code == NOT_STORED
    return NOT_STORED if is_ours else _topic(plugin, one.trouble)


def _topic(plugin: "ChannelPlugin | None", trouble: Trouble | None) -> str:
    """Which sentence says a trouble: what the platform's code means, else what its kind is."""
    if trouble is None:
        return ""
    return ("" if plugin is None else plugin.meaning_of(trouble.code)) or trouble.topic


def _not_authorised() -> Refused:
    return Refused("shop.not_authorised", "this shop has to be authorised on its platform's page first")


def _given(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _refuse_taken_name(uow: UnitOfWork, name: str, shop_id: int) -> None:
    if is_taken(uow, name, shop_id):
        raise Refused("shop.name_taken", "another shop is called so", name=name)


def _add(uow: UnitOfWork, draft: ShopDraft, secret: str, hold_s: int, *, awaits_owner: bool) -> int:
    name, settings = draft.name.strip(), _given(draft.settings)
    _refuse_taken_name(uow, name, 0)
    home = main_warehouse(uow)
    return add_shop(
        uow,
        draft.channel,
        name,
        settings,
        secret,
        home,
        hold_s=hold_s,
        awaits_owner=awaits_owner,
        on_desk=False,
    )


def _change(uow: UnitOfWork, shop_id: int, draft: ShopDraft, plugin: "ChannelPlugin | None") -> None:
    before = shop_of(uow.connection, shop_id)
    if before.channel != draft.channel:
        raise Refused("shop.kind_unknown", "a shop cannot become one of another kind")
    name = draft.name.strip()
    _refuse_taken_name(uow, name, shop_id)
    secrets = {**json.loads(before.secret), **_given(draft.secrets)}
    set_access(uow, shop_id, _given(draft.settings), json.dumps(secrets))
    # One that was let in, or heard, before stays loud when it falls silent.
    query = select(Shop.last_good_pull_at).where(Shop.id == shop_id)
    was_in = uow.execute(query).scalar_one() or any(one.granted_at for one in grants(uow.connection, shop_id))
    awaits = not was_in and plugin is not None and plugin.awaits_owner(draft.settings, secrets)
    uow.execute(update(Shop).where(Shop.id == shop_id).values(awaits_owner=awaits))
    if name != before.name:
        uow.execute(update(Shop).where(Shop.id == shop_id).values(name=name))
        uow.record("shop.renamed", "shop", shop_id)
