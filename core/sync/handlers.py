"""What is done with each kind of outbox row. No call to the outside happens inside a transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.catalog.models import Sku
from core.channels.contract import SHIPPED_OTHERWISE, Channel, Consignee, ShipmentNotice
from core.customers.queries import consignees
from core.db import outbox
from core.db.outbox import Claim
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.fulfilment.models import Parcel, ParcelLine, Wave
from core.fulfilment.telling import CONFIRM, SWITCHED_OFF, TOLD, TOLD_OTHER, in_order_of_telling, told_of
from core.inventory.quotas.acts import STOCK_ACT
from core.inventory.quotas.links import STOCK_LINK
from core.orders import holds
from core.orders.models import Order, OrderLine
from core.orders.noting import WRITE_NOTE
from core.orders.part_sent import told_pieces
from core.runtime.remote_errors import RateLimited, Rejected
from core.sync import conflicts, further_parcels
from core.sync.delivering import GiveUp, Handler
from core.sync.notes import NoteWriter
from core.sync.shops import ShopRecord, shop_of
from core.sync.stock_links import LinkPusher
from core.sync.stock_push import StockPusher
from core.waybills import numbers
from core.waybills.accounts import Account, ServiceFactory, account_of
from core.waybills.contract import WaybillGrant, WaybillRequest
from core.waybills.models import Waybill
from core.waybills.print_queue import want_label

#: how soon it is looked again whether a shop may be told; switching on makes what waits due at once
_OFF_S = 900.0

#: opens the channel of a shop; one per channel the program knows
ChannelFactory = Callable[[ShopRecord], Channel]


class Handlers:
    """The deliveries of this program, with what they need."""

    def __init__(self, store: Store, services: Mapping[str, ServiceFactory], open_channel: ChannelFactory) -> None:
        self._store = store
        self._services = services
        self._open_channel = open_channel
        self._stock = StockPusher(store, open_channel)
        self._links = LinkPusher(store, open_channel)
        self._notes = NoteWriter(store, open_channel)

    def by_kind(self) -> Mapping[str, Handler]:
        """Outbox kind -> handler."""
        return {
            numbers.OBTAIN: self.obtain_number,
            numbers.CANCEL: self.give_number_back,
            CONFIRM: self.confirm,
            STOCK_ACT: self._stock.deliver,
            STOCK_LINK: self._links.deliver,
            WRITE_NOTE: self._notes.deliver,
        }

    def give_ups(self) -> Mapping[str, GiveUp]:
        """Outbox kind -> what to do when a delivery will never go through."""
        return {
            numbers.OBTAIN: self._number_failed,
            STOCK_ACT: self._stock.give_up,
            STOCK_LINK: self._links.give_up,
        }

    def obtain_number(self, claim: Claim) -> None:
        """Buy the number of a parcel; after a lost answer ask by key first."""
        waybill_id = int(claim.payload["waybill_id"])
        asked = self._store.write(lambda uow: numbers.begin_asking(uow, waybill_id), urgency=Urgency.LANE)
        self._find_lost(waybill_id)
        if asked is None:
            return
        account = self._store.read(lambda connection: account_of(connection, asked.carrier_code))
        service = self._services[account.service](account)
        grant = service.find(asked.key) if asked.was_asked_before else None
        if grant is not None and grant.extra.get("state") == "cancelled":
            raise Rejected("the number of this parcel was given back outside", code="number_cancelled")
        if grant is None:
            grant = service.obtain(self._store.read(lambda connection: _request(connection, asked, account)))
        found = grant
        self._store.write(lambda uow: _store_number(uow, asked, found), urgency=Urgency.LANE)

    def _find_lost(self, waybill_id: int) -> None:
        """Numbers of this parcel that were bought without us hearing the answer go back to the carrier."""
        for lost in self._store.read(lambda connection: numbers.lost_numbers(connection, waybill_id)):
            self._look_for(lost)

    def _look_for(self, lost: numbers.Lost) -> None:
        account = self._store.read(lambda connection: account_of(connection, lost.carrier_code))
        grant = self._services[account.service](account).find(lost.key)
        self._store.write(lambda uow: numbers.settle_lost(uow, lost, grant), urgency=Urgency.LANE)

    def _number_failed(self, claim: Claim, error: str) -> None:
        waybill_id = int(claim.payload["waybill_id"])
        self._store.write(lambda uow: _fail_number(uow, waybill_id, error), urgency=Urgency.LANE)

    def give_number_back(self, claim: Claim) -> None:
        """Cancel a voided number at the carrier."""
        waybill_id = int(claim.payload["waybill_id"])
        query = select(Waybill.number, Waybill.carrier_code).where(Waybill.id == waybill_id)
        row = self._store.read(lambda connection: connection.execute(query).one())
        if row.number:
            account = self._store.read(lambda connection: account_of(connection, row.carrier_code))
            self._services[account.service](account).cancel(row.carrier_code, row.number)

    def confirm(self, claim: Claim) -> None:
        """Tell the shop that a parcel of one of its orders left.

        Raises:
            RateLimited: its owner has switched that off since; it waits until that is switched on again.
            ChannelError: as `Channel.confirm_shipment`.
        """
        parcel_id, order_id = int(claim.payload["parcel_id"]), int(claim.payload["order_id"])
        waybill_id = claim.payload.get("waybill_id")
        found = self._store.read(lambda connection: _notice(connection, parcel_id, order_id, waybill_id))
        if found is None or further_parcels.is_settled(claim):
            return
        shop, notice = found
        if not shop.confirms_shipments:
            raise RateLimited("telling this shop is switched off", code=SWITCHED_OFF, retry_after_s=_OFF_S)
        if not notice.replaces and conflicts.REPLACES in claim.payload:
            # A person has decided that our number shall stand in the place of theirs.
            notice = replace(notice, replaces=str(claim.payload[conflicts.REPLACES]))
        if notice.lines and not self._confirm(claim, shop, notice):
            return
        facts: dict[str, object] = {"parcel_id": parcel_id, "number": notice.waybill_no, "lines": len(notice.lines)}
        if notice.replaces:
            facts["replaces"] = notice.replaces
        self._store.write(lambda uow: uow.record(TOLD, "orders", order_id, **facts), urgency=Urgency.LANE)

    def _confirm(self, claim: Claim, shop: ShopRecord, notice: ShipmentNotice) -> bool:
        """Whether the shop knows the number now; not where it keeps to that of another parcel of ours."""
        channel = self._open_channel(shop)
        try:
            channel.confirm_shipment(notice)
        except Rejected as error:
            if not (notice.replaces or error.code == SHIPPED_OTHERWISE):
                raise
            facts = conflicts.what_they_have(channel, notice)
            if channel.capabilities.takes_one_number and self._is_further(claim, notice, facts[conflicts.THEIRS]):
                return False
            self._store.write(lambda uow: outbox.remember(uow, claim, facts), urgency=Urgency.LANE)
            if not notice.replaces:
                raise
            words = f"{notice.replaces} -> {notice.waybill_no}: {error}"
            raise Rejected(words, code=TOLD_OTHER) from error
        return True

    def _is_further(self, claim: Claim, notice: ShipmentNotice, theirs: Sequence[str]) -> bool:
        """Whether nothing is in conflict. A number in whose place another was to stand is looked at by a person."""
        if notice.replaces:
            return False
        settle = partial(further_parcels.settle, claim=claim, notice=notice, theirs=theirs)
        return self._store.write(settle, urgency=Urgency.LANE)


def _request(connection: Connection, asked: numbers.Asked, account: Account) -> WaybillRequest:
    receiver: Consignee = consignees(connection, [asked.consignee_id])[asked.consignee_id]
    if receiver.is_masked and not receiver.token:
        # A carrier would take the stars for a name, and the parcel would reach nobody.
        raise Rejected("the platform masks this receiver and gave no token of it", code="receiver_masked")
    columns = (Sku.short_name, Sku.name, Sku.weight_g, ParcelLine.qty)
    query = select(*columns).join(ParcelLine, ParcelLine.sku_id == Sku.id)
    here = (ParcelLine.parcel_id == asked.parcel_id, ParcelLine.is_withdrawn.is_(False))
    rows = connection.execute(query.where(*here).order_by(ParcelLine.id)).all()
    return WaybillRequest(
        key=asked.key,
        carrier_code=asked.carrier_code,
        sender=account.sender,
        consignee=receiver,
        weight_g=sum(row.weight_g * row.qty for row in rows),
        goods=[(row.short_name or row.name, row.qty) for row in rows],
    )


def _store_number(uow: UnitOfWork, asked: numbers.Asked, grant: WaybillGrant) -> None:
    """The transaction that stores the number also queues the label, where one is wanted already."""
    if not numbers.store_number(uow, asked.waybill_id, grant):
        state = uow.execute(select(Waybill.state).where(Waybill.id == asked.waybill_id)).scalar_one()
        if state == "failed":
            _hold_orders(uow, asked.waybill_id, numbers.NUMBER_TAKEN)
        return
    columns = (Parcel.state, Parcel.opened_by, Wave.way, Wave.desk)
    query = select(*columns).outerjoin(Wave, Wave.id == Parcel.wave_id).where(Parcel.id == asked.parcel_id)
    parcel = uow.execute(query).one()
    uow.changed("parcel", asked.parcel_id)
    if parcel.way == "batch":
        want_label(uow, asked.waybill_id, parcel.desk)
    elif parcel.state == "packed":
        want_label(uow, asked.waybill_id, parcel.opened_by or uow.actor.desk)


def _fail_number(uow: UnitOfWork, waybill_id: int, error: str) -> None:
    if numbers.fail_number(uow, waybill_id, error):
        _hold_orders(uow, waybill_id, error)


def _hold_orders(uow: UnitOfWork, waybill_id: int, error: str) -> None:
    parcel = select(Waybill.parcel_id).where(Waybill.id == waybill_id).scalar_subquery()
    query = select(ParcelLine.order_id).where(ParcelLine.parcel_id == parcel).distinct()
    holds.place_many(uow, [(row.order_id, "waybill_failed") for row in uow.rows(query)], note=error[:200])


def _notice(
    connection: Connection, parcel_id: int, order_id: int, waybill_id: int | None
) -> tuple[ShopRecord, ShipmentNotice] | None:
    """What the shop is to be told now; None where it knows, or where this number was called off meanwhile.

    The number that came instead is told at its own moment. A row of an older program names no number: the valid one.
    """
    order = connection.execute(select(Order.order_no, Order.shop_id).where(Order.id == order_id)).one()
    here = [Waybill.parcel_id == parcel_id, Waybill.state == "obtained"]
    if waybill_id is not None:
        here.append(Waybill.id == waybill_id)
    waybill = connection.execute(select(Waybill.number, Waybill.carrier_code).where(*here)).one_or_none()
    if waybill is None:
        return None
    told = told_of(connection, order_id, parcel_id, waybill.number or "")
    if told.is_known:
        return None
    lines = _told_lines(connection, parcel_id, order_id)
    notice = ShipmentNotice(
        key=f"{waybill.number}-{order.order_no}",
        order_no=order.order_no,
        carrier_code=waybill.carrier_code,
        waybill_no=waybill.number or "",
        lines=lines,
        replaces=told.replaces,
        weight_g=connection.execute(select(Parcel.weight_g).where(Parcel.id == parcel_id)).scalar_one(),
    )
    return shop_of(connection, order.shop_id), notice


def _told_lines(connection: Connection, parcel_id: int, order_id: int) -> list[tuple[str, int]]:
    """What this parcel carries in the platform's units: over all boxes of the order they sum up exactly.

    A bundle is told with the box that carries its first piece, so a later box may have nothing left to tell. What
    others have sent they have told, too.
    """
    columns = (OrderLine.id, OrderLine.line_no, OrderLine.qty, OrderLine.channel_qty, ParcelLine.parcel_id)
    query = (
        select(*columns, ParcelLine.qty.label("sent_qty"))
        .join(ParcelLine, ParcelLine.order_line_id == OrderLine.id)
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .where(ParcelLine.order_id == order_id, ParcelLine.is_withdrawn.is_(False), Parcel.state != "cancelled")
        .order_by(OrderLine.id)
    )
    rows = connection.execute(query).all()
    turns = in_order_of_telling(connection, order_id, list({row.parcel_id for row in rows}))
    rows = sorted((row for row in rows if row.parcel_id in turns), key=lambda row: turns.index(row.parcel_id))
    sent_there, told_there = told_pieces(connection, order_id)
    sent, told = dict(sent_there), dict(told_there)
    before: dict[str, int] = {}
    for row in rows:
        if row.parcel_id == parcel_id:
            before.setdefault(row.line_no, told.get(row.line_no, 0))
        elif before:
            break
        sent[row.id] = sent.get(row.id, 0) + row.sent_qty
        units = -(-sent[row.id] * row.channel_qty // row.qty)
        told[row.line_no] = max(told.get(row.line_no, 0), units)
    return [(no, told[no] - known) for no, known in before.items() if told[no] > known]
