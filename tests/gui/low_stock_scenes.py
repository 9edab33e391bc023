"""Scenes of limits, stops, the breaker and accidents for the gallery, over real records."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.gateway.keys import make_key
from core.inventory.documents import booking, drafting
from core.inventory.documents.records import Head, LineIn
from core.inventory.documents.states import DocKind
from core.inventory.ledger import receive
from core.inventory.quotas.safety import set_safety
from core.inventory.stopping.breaker import follow_rules
from core.inventory.stopping.records import Act, Cause, RuleDraft
from core.orders.limits.records import Step
from core.orders.settling.records import Outcome
from core.runtime.ids import SkuId
from desktop.shell.window import DeskWindow
from tests.gui.settling import settled
from tests.support.fake_shop import LIN, line
from tests.support.world import World


def furnish_low_stock(spine: World) -> None:
    """Limits, rules and a trip; milk that was sold twice, some of it on its way."""
    desk = spine.desk.low_stock

    def goods(uow: Any) -> None:
        spec = SkuSpec("MILK-1", "婴儿配方奶粉 1 段 900g", "奶粉1段", "900g", 1100, barcodes=(("6970000000093", 1),))
        soap = SkuSpec("SOAP", "洋甘菊沐浴露", "沐浴露", "500ml", 540, barcodes=(("6970000000109", 1),))
        spine.skus = {**spine.skus, **take_in(uow, [spec, soap])}
        for code, qty in (("MILK-1", 6), ("SOAP", 40)):
            receive(uow, spine.warehouse, SkuId(spine.skus[code]), qty, "purchase", f"low {code}")
        set_safety(uow, SkuId(spine.skus["SOAP"]), spine.warehouse, 50)
        make_key(uow, spine.shop_id)

    spine.do(goods)
    desk.put_limit("", 30, (Step(20, 5),), is_active=False)
    desk.put_limit("MILK-1", 30, (Step(100, 2), Step(50, 1, members_only=True)), is_active=True)
    desk.put_breaker_rule(None, RuleDraft(Cause.LOW, is_automatic=False, margin_qty=5, calm_minutes=5))
    shop = (spine.shop_id,)
    desk.put_breaker_rule(
        None, RuleDraft(Cause.SILENT, "", None, 600, shop, Act.CAP, 20, is_automatic=True, resumes=True)
    )
    spine.do(follow_rules)
    for number, qty in ((1, 2), (2, 4), (3, 3), (4, 2), (5, 6)):
        no = f"T20260618006{number:02d}"
        person = replace(LIN, phone=f"1395555{number:04d}")
        hours = {1: 30, 2: 6, 3: 20, 4: 3}.get(number)
        facts: dict[str, Any] = {} if hours is None else {"ship_by_at": spine.clock.now() + timedelta(hours=hours)}
        spine.shop.place(no, line("1", "MILK-1", qty), consignee=person, amount_fen=29_800 * qty, **facts)
        spine.sync(no)

    def buy(uow: Any) -> None:
        day = (spine.clock.now().date() + timedelta(days=2)).toordinal()
        head = Head(spine.warehouse, supplier="君乐宝经销", expected_day=day)
        made = drafting.begin(uow, DocKind.PURCHASE, head, [LineIn(SkuId(spine.skus["MILK-1"]), 5)], "low purchase")
        booking.book(uow, made.document_id, made.version, "low purchase booked")

    spine.do(buy)
    orders = spine.desk.accidents.page(30).orders
    spine.desk.accidents.decide(orders[-1].order_id, Outcome.COMPENSATED, 2000, "红包已发")


def low_stock_scenes(window: DeskWindow, spine: World) -> dict[str, Callable[[], None]]:
    """The page of limits part by part, then the page of accidents."""

    def page(name: str) -> Any:
        return window.page(name)

    def part(name: str) -> Callable[[], None]:
        def show() -> None:
            window.go("limits")
            page("limits")._presenter.choose_part(name)
            settled(lambda: page("limits")._presenter.screen.view is not None)

        return show

    def ahead() -> None:
        part("stops")()
        page("limits").begin_stop("BEAR")
        page("limits").stop_form.look()
        settled(lambda: page("limits")._presenter.screen.preview is not None)

    def stopped() -> None:
        page("limits").stop_form._reason.setText("批次有问题，先停")
        page("limits").stop_form.stop()
        settled(lambda: bool(page("limits")._presenter.screen.view.stops))
        window.parts.ask_status()
        settled(lambda: window.parts.stop_bar is not None and window.parts.stop_bar.isVisible())

    def limit_form() -> None:
        part("limits")()
        page("limits")._presenter.edit_limit(page("limits")._presenter.screen.view.limits[-1])

    def rule_form() -> None:
        part("breaker")()
        page("limits")._presenter.edit_rule(page("limits")._presenter.screen.view.rules[-1])

    def accident() -> None:
        window.go("accident")
        settled(lambda: page("accident")._presenter.screen.page is not None)

    def deciding() -> None:
        page("accident")._presenter.open(page("accident")._presenter.screen.rows[1].order_id)

    def goods() -> None:
        page("accident")._presenter.close()
        page("accident")._presenter.choose_part("goods")

    def done() -> None:
        page("accident")._presenter.choose_part("settled")

    def words() -> None:
        page("accident")._presenter.begin_wording()

    def resumed() -> None:
        for stop in spine.desk.low_stock.view().stops:
            spine.desk.low_stock.lift(stop.id)
        part("stops")()
        window.parts.ask_status()

    return {
        "70-limits-stops": part("stops"),
        "71-limits-ahead": ahead,
        "72-limits-stopped": stopped,
        "73-limits-limits": part("limits"),
        "74-limits-limit-form": limit_form,
        "75-limits-breaker": part("breaker"),
        "76-limits-rule-form": rule_form,
        "77-limits-flagged": part("flagged"),
        "78-limits-resumed": resumed,
        "80-accident": accident,
        "81-accident-order": deciding,
        "82-accident-goods": goods,
        "83-accident-settled": done,
        "84-accident-words": words,
    }
