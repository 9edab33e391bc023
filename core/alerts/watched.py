"""Everything that is looked at, and how often; a new watch is named here and nowhere else."""

from functools import partial
from typing import Final

from core.aftersale import watches as aftersale
from core.alerts.records import RuleInfo, Watched
from core.alerts.watches import BROKEN, STUCK, channels_broken, messages_stuck
from core.counting import watches as counting
from core.gateway import watches as gateway
from core.gateway.keys import door_shops
from core.inventory import low
from core.inventory import watches as batches
from core.inventory.documents.watches import late_purchases, stuck_documents
from core.inventory.quotas.links import spare_links
from core.inventory.quotas.watches import exposed_watch, quota_watch
from core.inventory.stopping import watches as stopping
from core.orders.watches import SHIP_NEAR, SHIP_NEAR_HOURS, orders_late, orders_short, paid_no_stock, ship_times_near
from core.payments import watches as payments
from core.runtime.standing import Severity
from core.sync import reconciliations, unread
from core.sync import watches as sync
from core.sync.grants import ENDING, ENDING_DAYS
from core.sync.presence import SILENT, SILENT_S, node_silent
from core.waybills import watches as waybills

_CRITICAL, _WARNING, _NOTICE = Severity.CRITICAL, Severity.WARNING, Severity.NOTICE

WATCHED: Final[tuple[Watched, ...]] = (
    Watched(
        "shops",
        sync.shops_silent,
        (RuleInfo("shop.silent", _CRITICAL, sync.SILENT_S, "s"), RuleInfo("shop.access", _CRITICAL)),
    ),
    Watched("nodes", node_silent, (RuleInfo(SILENT, _CRITICAL, SILENT_S, "s"),), 15.0),
    Watched("tokens", sync.access_ending, (RuleInfo(ENDING, _WARNING, ENDING_DAYS, "days"),), 300.0),
    Watched("clock", sync.clock_wrong, (RuleInfo("clock.wrong", _WARNING, sync.CLOCK_S, "s"),), 15.0),
    Watched(
        "outbox",
        sync.outbox_stuck,
        (RuleInfo("outbox.stuck", _WARNING, sync.STUCK_S, "s"), RuleInfo("outbox.failed", _WARNING)),
    ),
    Watched(
        "no orders",
        sync.orders_missing,
        (RuleInfo("shop.no_orders", _WARNING, sync.EXPECTED, "orders"),),
        120.0,
    ),
    Watched(
        "prints",
        waybills.prints_in_doubt,
        (RuleInfo("print.doubt", _WARNING), RuleInfo("print.stuck", _WARNING, waybills.STUCK_S, "s")),
    ),
    Watched("short", orders_short, (RuleInfo("order.short", _CRITICAL),)),
    Watched("paid too late", paid_no_stock, (RuleInfo("order.paid_no_stock", _CRITICAL),)),
    Watched(
        "ship times",
        ship_times_near,
        (RuleInfo(SHIP_NEAR, _WARNING, SHIP_NEAR_HOURS, "hours"),),
        60.0,
    ),
    Watched("late", orders_late, (RuleInfo("order.late", _WARNING),), 60.0),
    Watched(
        "low stock",
        low.stock_low,
        (
            RuleInfo("stock.low", _NOTICE, low.COVER_DAYS, "days"),
            RuleInfo("stock.low_many", _WARNING, gathers=("stock.low",)),
        ),
        300.0,
    ),
    Watched("stock below its floor", low.stock_below_floor, (RuleInfo("stock.floor", _NOTICE),), 30.0),
    Watched("batches that end", batches.batches_ending, (RuleInfo(batches.ENDING, _NOTICE),), 300.0),
    Watched("batches that ended", batches.batches_ended, (RuleInfo(batches.ENDED, _WARNING),), 300.0),
    Watched("blocked batches", batches.blocked_promised, (RuleInfo(batches.BLOCKED, _CRITICAL),), 15.0),
    Watched("rights without goods", exposed_watch, (RuleInfo("quota.exposed", _CRITICAL),), 15.0),
    Watched(
        "quotas",
        quota_watch,
        (
            RuleInfo("quota.overdrawn", _CRITICAL),
            RuleInfo("quota.drift", _CRITICAL),
            RuleInfo("quota.locked", _NOTICE),
            RuleInfo("quota.stuck", _WARNING),
        ),
    ),
    Watched("links without quota", spare_links, (RuleInfo("quota.spare_link", _WARNING),), 30.0),
    Watched(
        "documents",
        stuck_documents,
        tuple(
            RuleInfo(f"document.{what}", _NOTICE)
            for what in ("to_approve", "on_the_road", "to_inspect", "to_put_away")
        ),
        60.0,
    ),
    Watched("purchases", late_purchases, (RuleInfo("document.late", _NOTICE),), 300.0),
    Watched("comparison", counting.open_differences, (RuleInfo("stock.comparison", _WARNING),), 60.0),
    Watched("count sheets", counting.undecided_sheets, (RuleInfo("stock.count_waits", _NOTICE),), 300.0),
    Watched("door", gateway.door_deaf, (RuleInfo("door.deaf", _CRITICAL),)),
    Watched(
        "calls at the door",
        gateway.mall_refused,
        (RuleInfo("door.refused", _WARNING), RuleInfo("door.strangers", _WARNING)),
        15.0,
    ),
    Watched("defects at the door", gateway.defects, (RuleInfo("door.defect", _WARNING),), 15.0),
    Watched("reservations", gateway.unpaid_in_bulk, (RuleInfo("door.unpaid", _WARNING),), 60.0),
    Watched(
        "payments",
        payments.findings,
        (
            RuleInfo("payment.paid_but_closed", _CRITICAL),
            RuleInfo("payment.amount_differs", _CRITICAL),
            RuleInfo("payment.refunded_there", _WARNING),
        ),
        15.0,
    ),
    Watched("call-backs", payments.lost_notices, (RuleInfo("payment.callback_lost", _WARNING),), 60.0),
    Watched("gateways", payments.silent_gateways, (RuleInfo("payment.gateway_silent", _WARNING),), 60.0),
    Watched(
        "bills",
        payments.bills,
        (RuleInfo("payment.bill_differs", _WARNING), RuleInfo("payment.bill_missing", _WARNING)),
        300.0,
    ),
    Watched(
        "breaker",
        partial(stopping.breaker_tripped, door_shops),
        (
            *(RuleInfo(f"{stopping.TRIPPED}_{kind}", _CRITICAL) for kind in ("low", "silent")),
            *(RuleInfo(f"{stopping.PROPOSED}_{kind}", _WARNING) for kind in ("low", "silent")),
        ),
    ),
    Watched(
        "stopped sales",
        partial(stopping.sales_stopped, door_shops),
        (RuleInfo(stopping.STOPPED, _NOTICE), RuleInfo(f"{stopping.STOPPED}_all", _NOTICE)),
        15.0,
    ),
    Watched(
        "after-sale answers",
        aftersale.answers_due,
        (RuleInfo(aftersale.ANSWER, _WARNING, aftersale.ANSWER_HOURS, "hours"),),
        30.0,
    ),
    Watched("after-sale feeds", sync.cases_unread, (RuleInfo(sync.UNREAD, _WARNING, sync.UNREAD_S, "s"),), 30.0),
    Watched("unread orders", unread.orders_unread, (RuleInfo(unread.UNREAD, _CRITICAL, unread.UNREAD_S, "s"),), 30.0),
    Watched("missed orders", reconciliations.orders_missed, (RuleInfo(reconciliations.MISSED, _WARNING),), 60.0),
    Watched("refused stops", stopping.stops_refused, (RuleInfo(stopping.REFUSED, _CRITICAL),), 15.0),
    Watched("channels", channels_broken, (BROKEN,)),
    Watched("messages", messages_stuck, (STUCK,), 30.0),
)
