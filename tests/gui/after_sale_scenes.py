"""Cases of every state, and scenes of their page for the gallery."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from core.aftersale.models import AfterSaleCase
from core.aftersale.service import take_cases
from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState
from core.db.unit_of_work import UnitOfWork
from core.runtime.remote_errors import Temporary
from core.sync import cursors
from core.sync.models import Cursor
from desktop.shell.window import DeskWindow
from tests.support.after_sales import case
from tests.support.desk_world import START
from tests.support.fake_shop import line
from tests.support.world import World

S, K = AfterSaleState, AfterSaleKind
UNSENT, SENT, LATE = "T20260618040", "T20260618041", "T20260618042"


def furnish_after_sales(spine: World) -> None:
    """Two cases to answer, one of unsent goods and one of goods that left; the others at each place of their way."""
    spine.ready(UNSENT, line("1", "BEAR", 2, title="团团熊", spec="大号"), line("2", "CARD", title="贺卡"))
    number = spine.ready(SENT, line("1", "BAG", title="布袋", spec="红"))
    spine.desk.pack(SENT)
    spine.desk.ship(number)
    late = spine.ready(LATE, line("1", "BAG", title="布袋", spec="红"))
    spine.desk.pack(LATE)
    spine.desk.ship(late)
    spine.shop.after_sale(LATE, "1", "requested")
    spine.sync(LATE)
    order = spine.shop.orders[UNSENT]
    spine.shop.change(
        UNSENT,
        lines=tuple(replace(one, after_sale="requested") if one.line_no == "1" else one for one in order.lines),
    )
    spine.sync(UNSENT)
    now = START
    cases = (
        case(
            "50260618000101",
            UNSENT,
            now - timedelta(minutes=9),
            lines=(("1", 2),),
            refund_fen=2000,
            answer_by_at=now + timedelta(minutes=75),
            goods_were_sent=False,
            reason="拍错了大小，不想要了，麻烦快点退",
        ),
        case(
            "50260618000102",
            SENT,
            now - timedelta(hours=2),
            kind=K.RETURN,
            answer_by_at=now + timedelta(hours=30),
            refund_fen=1000,
            reason="和图片颜色不一样",
        ),
        case("50260617000093", "T20260617-8", now - timedelta(hours=20), refund_fen=129_900, lines=()),
        case("50260616000071", "T20260616-3", now - timedelta(days=2), kind=K.RETURN, state=S.TO_RETURN),
        case(
            "50260615000060",
            SENT,
            now - timedelta(days=3),
            kind=K.RETURN,
            state=S.RETURNING,
            return_carrier="圆通速递",
            return_waybill_no="YT7312345678901",
            reason="质量问题：缝线开了",
        ),
        case("50260615000055", "T20260615-2", now - timedelta(days=3), kind=K.EXCHANGE, state=S.AGREED),
        case("50260614000040", "T20260614-1", now - timedelta(days=4), state=S.DONE),
        case("50260614000041", "T20260614-5", now - timedelta(days=4), state=S.REFUSED),
        case("50260613000030", "T20260613-1", now - timedelta(days=5), state=S.CLOSED),
        case("50260613000031", "T20260613-2", now - timedelta(days=5), state=S.UNKNOWN, channel_state="38"),
    )
    spine.do(lambda uow: take_cases(uow, spine.shop_id, cases))


def after_sale_scenes(window: DeskWindow, spine: World) -> dict[str, Callable[[], None]]:
    """The piles, a case of unsent goods, one on its way back, nothing found, and a shop that cannot be read."""

    def presenter() -> Any:
        return window.page("after_sale")._presenter

    def id_of(number: str) -> int:
        (row,) = spine.rows(AfterSaleCase.__table__.select().where(AfterSaleCase.case_no == number))
        return int(row.id)

    def unread() -> None:
        error = Temporary("the platform does not answer")
        begins_at = START - timedelta(days=7)

        def fail(uow: UnitOfWork) -> None:
            cursors.note_unread(uow, spine.shop_id, cursors.CASES, error, begins_at)
            uow.execute(update(Cursor).values(failing_since=START - timedelta(minutes=22)))

        spine.do(fail)
        presenter().close()
        window.page("after_sale")._on_pile("to_answer")

    return {
        "95-after-sale": lambda: window.go("after_sale"),
        "95b-after-sale-unsent": lambda: presenter().open(id_of("50260618000101")),
        "95c-after-sale-all": lambda: (presenter().close(), presenter().choose_pile("all")),
        "95d-after-sale-back": lambda: presenter().open(id_of("50260615000060")),
        "95g-after-sale-unknown": lambda: presenter().open(id_of("50260613000031")),
        "95e-after-sale-nothing": lambda: (presenter().close(), window.page("after_sale").handle_scan("YT000")),
        "95f-after-sale-unread": unread,
    }
