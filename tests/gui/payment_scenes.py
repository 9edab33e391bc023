"""Gateways of own malls, what they were asked, and days that were compared."""

from datetime import timedelta

from core.db.unit_of_work import UnitOfWork
from core.payments.models import PaymentBill, PaymentDifference, PaymentGateway, PaymentQuestion
from tests.support.desk_world import START
from tests.support.fake_shop import line
from tests.support.world import World


def furnish_payments(spine: World) -> None:
    """Gateways, what they were asked, and three days: one that differs, one confirmed, one whose bill did not come."""
    for number in range(4):
        spine.shop.place(f"M20260618{number:03d}", line("1", "BEAR", number + 1), is_paid=False)
        spine.sync(f"M20260618{number:03d}")

    def furnish(uow: UnitOfWork) -> None:
        shop = {"shop_id": spine.shop_id, "secret": "{}", "template": "{order_no}", "is_active": True}
        times = {"created_at": START, "last_good_at": START - timedelta(minutes=2)}
        wechat = uow.insert(PaymentGateway, shop | times | {"kind": "wechat", "settings": {"mchid": "1900000001"}})
        bad = {"last_error": "payment.serial: The answer is signed with a key we do not know", "last_error_at": START}
        alipay = {"kind": "alipay", "settings": {"app_id": "2026000000000001"}}
        uow.insert(PaymentGateway, shop | times | alipay | bad)
        orders = [spine.order(f"M20260618{number:03d}") for number in range(4)]
        for order, state, found in zip(
            orders, ("waiting", "paid", "differs", "late"), ("waiting", "paid", "paid", "paid"), strict=True
        ):
            asked = {"attempts": 2, "next_at": START + timedelta(minutes=3), "asked_at": START, "transaction_no": ""}
            theirs = {"amount_fen": None if state == "waiting" else order.amount_fen - 100 * (state == "differs")}
            which = {"order_id": order.id, "gateway_id": wechat, "state": state, "found": found, "last_error": ""}
            uow.insert(PaymentQuestion, asked | theirs | which)
        day = START.date().toordinal()
        empty = {
            "attempts": 0,
            "next_at": START,
            "edge": [],
            "last_error": "",
            "refunded_fen": 0,
            "state": "compared",
        }
        figures = {"rows": 1284, "matched": 1279, "paid_fen": 38_412_050, "fetched_at": START}
        bill = uow.insert(PaymentBill, empty | figures | {"shop_id": spine.shop_id, "day": day - 1})
        done = {"confirmed_at": START, "confirmed_by": "王主管", "rows": 977, "matched": 977}
        uow.insert(PaymentBill, empty | figures | done | {"shop_id": spine.shop_id, "day": day - 2})
        lost = {"state": "waiting", "last_error": "payment.bill_hash: The bill is not what its check says"}
        none = {"rows": 0, "matched": 0, "paid_fen": 0, "fetched_at": None}
        uow.insert(PaymentBill, empty | figures | lost | none | {"shop_id": spine.shop_id, "day": day - 3})
        for kind, order, ours, theirs, note in (
            ("unpaid_here", orders[0], 1000, 1000, ""),
            ("twice", orders[1], 1000, 1000, ""),
            ("amount", orders[2], 1000, 900, "差价券，店铺已核对"),
            ("unknown_here", None, None, 25_900, ""),
            ("missing_there", orders[3], 1000, None, ""),
        ):
            seen = {"settled_at": START, "settled_by": "小李"} if note else {"settled_at": None, "settled_by": None}
            line_of = {"bill_id": bill, "kind": kind, "gateway": "" if theirs is None else "wechat", "note": note}
            about = {"order_id": None if order is None else order.id, "ours_fen": ours, "theirs_fen": theirs}
            number = "X-77812" if order is None else order.order_no
            numbers = {"payment_no": number, "transaction_no": "" if theirs is None else "4200001922202606172222"}
            uow.insert(PaymentDifference, line_of | seen | about | numbers)

    spine.do(furnish)
