"""Erasing a person: everything personal of a customer, wherever the orders keep it, in one transaction."""

from sqlalchemy import delete, func, null, or_, select, update

from core.access.gate import confirm
from core.access.rights import Right
from core.access.unmasking import SUBJECT
from core.aftersale.erasing import forget_reasons
from core.counting.models import CountScan
from core.customers.models import Customer
from core.customers.service import erase
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.models import ParcelLine, Scan
from core.orders.intake import compress
from core.orders.models import ChannelCopy, Hold, MergeWord, Order
from core.orders.noting import forget_notes
from core.orders.search_index import forget_people
from core.orders.settling.models import ShortageOutcome
from core.orders.states import OPEN_STATES
from core.runtime.errors import NotFound, Refused
from core.waybills.models import Waybill


def erase_customer(uow: UnitOfWork, customer_id: int) -> int:
    """Erase all that tells who a customer is or where they live; gives the number of orders left.

    That is receivers, accounts, notes, reasons of after-sale cases, raw copies, search terms, what was scanned
    over their parcels, and the routing and print data that the carrier gave for them. Orders, sums, movements and
    waybill numbers stay and refer to nobody. A later copy of an old order does not bring the person back; a new
    purchase makes a new customer.

    Freed pages of the SQLite file are encrypted like all others, and so are the old row versions on a server: neither
    is overwritten on top. Backups keep the person until they are rotated out.

    Raises:
        NotFound: `customer.unknown`.
        Refused: `customer.open_orders`, something is still to be sent to this person; `right.missing`,
            `signin.needed`.
    """
    confirm(uow, Right.ERASE_PERSON)
    if uow.execute(select(Customer.id).where(Customer.id == customer_id)).first() is None:
        raise NotFound("customer.unknown", f"there is no customer {customer_id}")
    mine = Order.customer_id == customer_id
    waiting = select(func.count()).select_from(Order).where(mine, Order.fulfilment.in_(OPEN_STATES))
    count = int(uow.execute(waiting).scalar_one())
    if count:
        raise Refused("customer.open_orders", f"{count} orders of this person are still to be sent", count=count)
    order_ids = [row.id for row in uow.rows(select(Order.id).where(mine))]
    own = select(Order.id).where(mine)
    uow.execute(update(ChannelCopy).where(ChannelCopy.order_id.in_(own)).values(body=compress({})))
    uow.execute(update(Order).where(mine).values(buyer_note="", seller_note=""))
    forget_notes(uow, own)
    uow.execute(update(Hold).where(Hold.order_id.in_(own)).values(note=""))
    # A key's digest tells whether a guess is right, to whoever has the key.
    uow.execute(delete(MergeWord).where(MergeWord.order_id.in_(own)))
    uow.execute(update(ShortageOutcome).where(ShortageOutcome.order_id.in_(own)).values(note=""))
    parcels = select(ParcelLine.parcel_id).where(ParcelLine.order_id.in_(own))
    # A scan that meant nothing and fell into no parcel may be a letter of anybody's: those go without a look.
    scans = or_(Scan.parcel_id.in_(parcels), Scan.parcel_id.is_(None))
    uow.execute(update(Scan).where(scans, Scan.raw != "").values(raw=""))
    # The same goes for what was under the scanner of those who count, and stands for no goods.
    uow.execute(update(CountScan).where(CountScan.sku_id.is_(None), CountScan.raw != "").values(raw=""))
    routing = {"sort_code": "", "package_centre": "", "qr_text": "", "print_data": null()}
    uow.execute(update(Waybill).where(Waybill.parcel_id.in_(parcels)).values(**routing))
    forget_people(uow, order_ids)
    forget_reasons(uow, customer_id)
    erase(uow, customer_id)
    uow.record("person.erased", SUBJECT, customer_id, orders=len(order_ids))
    uow.changed("orders", *order_ids)
    return len(order_ids)
