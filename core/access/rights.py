"""Who may do what: one table of roles and rights. Core asks it; screens only show it."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Right(StrEnum):
    """One thing that not everybody may do; each public method of a service names the one it needs."""

    #: what waits, the open waves, what is to be fetched; nothing personal
    SEE_DESK = "see_desk"
    PACK = "pack"
    #: send parcels out by their labels alone, their goods unseen by any scanner
    SHIP_UNCHECKED = "ship_unchecked"
    START_WAVE = "start_wave"
    PRINT_LABEL = "print_label"
    #: give parcels to a courier, or keep one here that was scanned out
    HAND_OVER = "hand_over"
    #: void a waybill number and ask for another
    NEW_NUMBER = "new_number"
    #: orders with masked receivers
    SEE_ORDERS = "see_orders"
    #: enter an order by hand, with a receiver of one's own
    ENTER_ORDER = "enter_order"
    #: write the seller's note and flag of an order, at its shop too
    WRITE_NOTE = "write_note"
    HOLD_ORDER = "hold_order"
    RELEASE_ORDER = "release_order"
    #: close an order that somebody else has sent, or take that back
    CLOSE_ORDER = "close_order"
    #: see one receiver in clear, for a reason
    UNMASK = "unmask"
    ERASE_PERSON = "erase_person"
    EXPORT_PERSONAL = "export_personal"
    #: tables in, and those out in which no receiver stands
    USE_FILES = "use_files"
    SEE_STOCK = "see_stock"
    RECEIVE_STOCK = "receive_stock"
    #: book what is lost, broken or counted otherwise
    ADJUST_STOCK = "adjust_stock"
    #: what each shop may sell without asking, and by which rules
    SHARE_STOCK = "share_stock"
    #: stop the sale of goods at shops, and let it go on
    STOP_SALE = "stop_sale"
    #: decide what becomes of an order without goods
    SETTLE_SHORTAGE = "settle_shortage"
    #: count on a sheet that somebody has made; changes no books
    COUNT_STOCK = "count_stock"
    #: be the second pair of eyes where an adjustment is beyond the owner's limit
    APPROVE_STOCK = "approve_stock"
    EDIT_PRODUCTS = "edit_products"
    #: send once more what a shop or a carrier has refused
    RESEND = "resend"
    CHANGE_SETTINGS = "change_settings"
    #: operators, their roles, PINs and badges
    MANAGE_PEOPLE = "manage_people"
    #: who looked at, exported or erased what
    SEE_LOG = "see_log"


class Role(StrEnum):
    """What somebody is in the shop; one person may be several."""

    PACKER = "packer"
    PICKER = "picker"
    SERVICE = "service"
    STOCK_KEEPER = "stock_keeper"
    APPROVER = "approver"
    ADMIN = "admin"
    AUDITOR = "auditor"


_ORDERS = frozenset({Right.SEE_DESK, Right.SEE_ORDERS})

#: the table; an admin may do everything, an auditor reads the log and nothing else
RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.PACKER: _ORDERS
        | {Right.PACK, Right.START_WAVE, Right.PRINT_LABEL, Right.NEW_NUMBER}
        | {Right.HAND_OVER, Right.SHIP_UNCHECKED},
        Role.PICKER: frozenset({Right.SEE_DESK, Right.START_WAVE, Right.COUNT_STOCK}),
        Role.SERVICE: _ORDERS
        | {Right.HOLD_ORDER, Right.RELEASE_ORDER, Right.UNMASK, Right.ENTER_ORDER, Right.USE_FILES}
        | {Right.RESEND, Right.SETTLE_SHORTAGE, Right.WRITE_NOTE},
        Role.STOCK_KEEPER: _ORDERS
        | {Right.SEE_STOCK, Right.RECEIVE_STOCK, Right.USE_FILES}
        | {Right.ADJUST_STOCK, Right.EDIT_PRODUCTS, Right.SHARE_STOCK, Right.COUNT_STOCK}
        | {Right.STOP_SALE},
        Role.APPROVER: _ORDERS
        | {Right.HOLD_ORDER, Right.RELEASE_ORDER, Right.CLOSE_ORDER, Right.NEW_NUMBER, Right.SEE_STOCK}
        | {Right.ERASE_PERSON, Right.EXPORT_PERSONAL, Right.ENTER_ORDER, Right.HAND_OVER, Right.USE_FILES}
        | {Right.ADJUST_STOCK, Right.APPROVE_STOCK, Right.EDIT_PRODUCTS, Right.RESEND, Right.SHIP_UNCHECKED}
        | {Right.SHARE_STOCK, Right.COUNT_STOCK, Right.STOP_SALE, Right.SETTLE_SHORTAGE, Right.WRITE_NOTE},
        Role.ADMIN: frozenset(Right),
        Role.AUDITOR: frozenset({Right.SEE_LOG}),
    }
)


def known_roles(names: Iterable[object]) -> tuple[Role, ...]:
    """The roles among these names, in the table's order; one that only a later program knows gives nothing."""
    given = {str(name) for name in names}
    return tuple(role for role in Role if role.value in given)


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """Everything that one of the roles may do."""
    return frozenset().union(*(RIGHTS[role] for role in roles))
