"""Pictures of shops of platforms: how one is added, let in, what it can do, and what went wrong."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from core.channels.contract import ShippedParcel
from core.channels.grant_contract import Grant
from core.channels.shop_contract import ShopIdentity
from core.desk.authorising import Authorising
from core.fulfilment.taking import take_page
from core.outside import Outside
from core.runtime.http_trace import Exchange
from core.runtime.remote_errors import Rejected, Temporary
from core.sync import reconciliations
from core.sync.granting import Granting
from core.sync.grants import keep_grant
from core.sync.history import RoundDone, note_round
from core.sync.reconciliations import ReportLine
from core.sync.shop_views import ShopDraft
from core.sync.shops import note_bad_pull, note_good_pull, shop_of
from core.sync.start_list import RowKind
from core.sync.troubles import kept_text
from tests.support.fake_shop import FakeShop, line
from tests.support.world import CARRIER, World

_BACK = "https://shop.example/back"


def authorising_of(spine: World) -> Authorising:
    """The real pages' addresses; nobody is asked for one."""
    outside = Outside(spine.clock, None)
    return Authorising(spine.store, Granting(spine.store, outside.authoriser, outside.channel), lambda: None)


def _furnish(spine: World) -> int:
    """Three shops of platforms: nearly ended and refused, renewing, not let in yet (its id)."""
    add = spine.desk.shops.add
    keys = {"app_key": "12345678", "redirect_uri": _BACK}
    tmall = add(ShopDraft("tmall", "天猫女装店", keys, {"app_secret": "s"}))
    pdd = add(ShopDraft("pdd", "拼多多女装店", {"client_id": "1", "redirect_uri": _BACK}, {"client_secret": "s"}))
    jd = add(ShopDraft("jd", "京东女装店", keys, {"app_secret": "s"}))
    now = spine.clock.now()
    late = Grant({"session": "t"}, now + timedelta(days=5, hours=3), None, ShopIdentity("1", "练习旗舰店"))
    whole = Grant(
        {"access_token": "t"}, now + timedelta(days=80), now + timedelta(days=200), ShopIdentity("2", "专营店")
    )
    spine.do(lambda uow: keep_grant(uow, tmall, late, by_person=True))
    spine.do(lambda uow: keep_grant(uow, pdd, whole, by_person=True))
    for shop in (tmall, pdd):
        spine.do(lambda uow, shop=shop: note_good_pull(uow, shop, 0))
    error = Rejected("Taobao does not know the address", code="isv.permission-ip-whitelist-limit")
    spine.do(lambda uow: note_bad_pull(uow, tmall, error))
    return jd


def furnish_start(spine: World, shop_id: int) -> None:
    """What a shop that is to start has: orders of today and of before, begun, sent and unpaid, and a parcel of ours."""
    at = spine.clock.now()
    seller = FakeShop(spine.clock)
    before = {"placed_at": at - timedelta(hours=5), "paid_at": at - timedelta(hours=4)}
    for no in range(2):
        seller.place(f"2606180000{no}", line("1", "BEAR"), placed_at=at + timedelta(minutes=no), paid_at=at)
    for no in range(3):
        seller.place(f"2606170000{no}", line("1", "BAG"), **before)
    seller.place("26061700011", line("1", "BEAR"), line("2", "BAG"), shipped=(ShippedParcel("SF", "SF1"),), **before)
    seller.place("26061700012", line("1", "BEAR"), is_shipped=True, **before)
    seller.place("26061700013", line("1", "BEAR"), is_paid=False)
    facts = spine.store.read(lambda connection: shop_of(connection, shop_id)).facts
    spine.do(lambda uow: take_page(uow, facts, list(seller.orders.values()), spine.digest, CARRIER))


def _furnish_records(spine: World) -> int:
    """Rounds of every kind, reports, calls of the practice shop; gives the id of the report that found something."""
    shop, now = spine.shop_id, spine.clock.now()
    refused = Rejected("Taobao does not know the address", code="isv.permission-ip-whitelist-limit")
    for minutes, (new, changed, error) in enumerate(
        [(12, 3, None), (0, 0, None), (0, 0, None), (0, 0, Temporary("cut", code="http.network")), (0, 0, refused)]
    ):
        done = RoundDone(now - timedelta(minutes=9 - minutes), 340 + 900 * new, 2 if new else 0, new, changed, error)
        spine.do(lambda uow, done=done: note_round(uow, shop, done))
    since = now - timedelta(days=3)
    whole = spine.do(lambda uow: reconciliations.begin(uow, shop, since, is_nightly=True))
    lines = [
        ReportLine(
            "4611686018427387", "missing", "", "paid|WAIT_SELLER_SEND_GOODS|2026-06-17T09:12:00+00:00", "taken"
        ),
        ReportLine(
            "4611686018427399", "state", "unpaid|WAIT_BUYER_PAY|to_review|none", "paid|PAID|open|none", "settled"
        ),
        ReportLine("4611686018427401", "amount", "5900|0", "5400|0", "settled"),
        ReportLine("4611686018427402", "lines", "BEAR-L×2", "BEAR-L×1, BAG-RED×1", "stays"),
        ReportLine("4611686018427403", "gone", "unpaid|WAIT_BUYER_PAY|to_review|none", "", "stays"),
        ReportLine(
            "3611686018427404", "unknown", "", "paid|WAIT_SELLER_SEND_GOODS|2026-04-02T09:12:00+00:00", "stays"
        ),
    ]
    counts = {"listed_count": 1284, "missing_count": 1, "difference_count": len(lines)}
    spine.do(lambda uow: reconciliations.note(uow, whole, counts, lines))
    spine.do(lambda uow: reconciliations.finish(uow, whole, "done"))
    for state, listed, error in (("done", 1290, ""), ("failed", 300, kept_text(refused)), ("cancelled", 80, "")):
        one = spine.do(lambda uow: reconciliations.begin(uow, shop, since, is_nightly=False))
        spine.do(lambda uow, one=one, n=listed: reconciliations.note(uow, one, {"listed_count": n}, ()))
        spine.do(lambda uow, one=one, s=state, e=error: reconciliations.finish(uow, one, s, e))
    hear = spine.desk.traces.hearer(shop)
    form = b"method=taobao.trades.sold.increment.get&page_no=1&session=6100abc&start_modified=2026-06-18+10%3A00%3A00"
    answer = (
        '{"trades_sold_increment_get_response":{"total_results":2,"trades":{"trade":[{"receiver_name":"林晓"}]}}}'
    )
    hear(
        Exchange(
            "taobao.trades.sold.increment.get", "POST", "eco.taobao.com", "", "", form, 200, answer.encode(), 412
        )
    )
    refusal = b'{"error_response":{"code":11,"sub_code":"isv.permission-ip-whitelist-limit","msg":"no"}}'
    code = "isv.permission-ip-whitelist-limit"
    hear(
        Exchange(
            "taobao.trade.fullinfo.get", "POST", "eco.taobao.com", "", "", form, 200, refusal, 95, "Rejected", code
        )
    )
    hear(
        Exchange(
            "orders.one", "GET", "mall.example", "/v1/orders/20260618-77", "", b"", 0, b"", 8002, "Temporary", "-"
        )
    )
    return whole


def shop_scenes(
    window: Any, spine: World, settled: Callable[[Callable[[], bool]], None]
) -> Mapping[str, Callable[[], None]]:
    """The scenes by the names of their pictures, in their order."""
    found: dict[str, int] = {}

    def presenter() -> Any:
        return window.page("shops")._presenter

    def kinds() -> None:
        presenter().choose_kind("taobao")

    def refused() -> None:
        presenter()._show(
            tried=False, topic="permission", said="Taobao has not given this app the permission", said_code="isv.p"
        )
        presenter().unfold(0)

    def below() -> None:
        bar = window.page("shops")._scroll.verticalScrollBar()
        bar.setValue(bar.maximum() // 3)

    def several() -> None:
        presenter().unfold(0)
        presenter().edit(None)
        found["jd"] = found.get("jd") or _furnish(spine)
        presenter().look()
        settled(lambda: any(one.channel == "tmall" for one in presenter().screen.shops))

    def details() -> None:
        presenter().unfold(next(one.id for one in presenter().screen.shops if one.channel == "tmall"))

    def connect() -> None:
        presenter().put_away()
        presenter().connect(found["jd"])
        settled(lambda: presenter().screen.page is not None)

    def away() -> None:
        presenter().connect(None)

    def start() -> None:
        tmall = next(one for one in presenter().screen.shops if one.channel == "tmall")
        furnish_start(spine, tmall.id)
        window.page("shops").open_start(tmall.id, tmall.name)
        starting = window.page("shops")._starting
        settled(lambda: starting.screen.found is not None and not starting.screen.is_busy)
        starting.tick(next(row for row in starting.screen.rows if row.kind is RowKind.BEFORE))

    def started() -> None:
        window.page("shops")._starting.close()
        presenter().look()

    def records(tab: str) -> None:
        page = window.page("shops")
        if "records" not in found:
            found["records"] = _furnish_records(spine)
        shop = next(one for one in presenter().screen.shops if one.id == spine.shop_id)
        page._records.open(shop, tab)
        settled(lambda: getattr(page._records.screen, tab) is not None)
        if tab == "calls":
            page.records._tables["calls"].selectRow(1)

    def report() -> None:
        page = window.page("shops")
        page._records.open_report(found["records"])
        settled(lambda: page._records.screen.report is not None)

    def back() -> None:
        window.page("shops")._records.close()

    return {
        "14zba-shop-taobao": kinds,
        "14zbb-shop-refused": refused,
        "14zbbb-shop-refused-below": below,
        "14zbc-shops-several": several,
        "14zbd-shop-details": details,
        "14zbe-shop-connect": connect,
        "14zbf-shops-again": away,
        "14zbg-shop-start": start,
        "14zbh-shop-start-closed": started,
        "14zbi-shop-records": lambda: records("rounds"),
        "14zbj-shop-reports": lambda: records("reports"),
        "14zbk-shop-report": report,
        "14zbl-shop-calls": lambda: records("calls"),
        "14zbm-shops-back": back,
    }
