"""The outside of a desk's day, in a process of its own: four shops on four platforms, their buyers, and a carrier.

Own mall and carrier are the practice server's, the marketplaces are the simulators that the contract suites use: they
keep state, verify signatures and refuse wrong calls. Buyers follow a script that a seed makes: they come in rushes, pay
soon or never, move, write notes, and ask for their money back. Time moves only when it is told to. What the shops have in the evening is the truth that the desk is held against.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any, Protocol

from core.practice.catalogue import PracticeSku, practice_catalogue
from core.practice.people import Receiver
from core.practice.refusal import RefusalError
from core.practice.server import PracticeSecrets, PracticeServer
from core.practice.shop import DraftLine, OrderDraft, PracticeShop
from core.runtime.clock import ManualClock
from tests.bench.shop import consignee_of
from tests.simulators.platforms.douyin import DouyinServer, make_shop
from tests.simulators.platforms.pdd import CLIENT_ID, SECRET, PddServer, pdd_shop
from tests.simulators.platforms.shop import Person, RuleError, Shop
from tests.simulators.platforms.taobao import TaobaoServer, taobao_shop
from tests.simulators.platforms.taobao.desk import Seller

#: how much of a day's trade each hour has, from midnight in China
_RUSHES = (4, 2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 10, 8, 7, 7, 8, 8, 7, 8, 11, 16, 18, 14, 8)
_PLENTY = 5_000_000
_NEVER_PAID, _MOVED, _NOTED, _REFUNDED, _LINE_REFUNDED = 0.03, 0.03, 0.02, 0.03, 0.02


@dataclass(frozen=True, slots=True)
class ShopAccess:
    """How the desk opens a shop: kind, name, settings and secrets as its page would ask for them."""

    channel: str
    name: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Access:
    """All that the desk has to know of the outside."""

    shops: Sequence[ShopAccess]
    carrier_url: str
    carrier_key: str
    carrier_secret: str


@dataclass(frozen=True, slots=True)
class ToldOrder:
    """What a shop has of an order. `state`: unpaid | paid | part_shipped | shipped | cancelled; `numbers`: told.

    Some shops show nobody an order before it is paid: one that never was need not be known.
    """

    state: str
    was_paid: bool
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """What the outside has in the evening: orders by shop and number, what buyers did, and the carrier's live numbers."""

    shops: Sequence[Mapping[str, ToldOrder]]
    acts: Mapping[str, int]
    live_numbers: frozenset[str]


def goods_on_sale() -> Sequence[PracticeSku]:
    """What all four shops sell: goods with a barcode, and bundles of such."""
    catalogue = practice_catalogue()
    plain = {sku.code for sku in catalogue if sku.barcodes and not sku.is_gift}
    bundles = {sku.code for sku in catalogue if sku.is_bundle and {code for code, _ in sku.components} <= plain}
    return [sku for sku in catalogue if sku.code in plain | bundles]


class _House(Protocol):
    """A shop as its buyers see it; every verb says whether the shop agreed."""

    most_lines: int

    def place(self, buyer: int, wanted: Sequence[tuple[str, int]]) -> str: ...
    def pay(self, no: str) -> None: ...
    def move(self, no: str) -> None: ...
    def note(self, no: str) -> None: ...
    def cancel(self, no: str) -> None: ...
    def ask_back(self, no: str) -> Callable[[], None]: ...
    def refund_line(self, no: str) -> None: ...
    def orders(self) -> Mapping[str, ToldOrder]: ...


class _Marketplace:
    """A simulated platform."""

    def __init__(self, shop: Shop, most_lines: int) -> None:
        self._shop = shop
        self.most_lines = most_lines
        self._goods = {
            sku.code: shop.list_goods(sku.code, _PLENTY, title=sku.title, spec=sku.spec, price_fen=sku.price_fen)
            for sku in goods_on_sale()
        }

    def place(self, buyer: int, wanted: Sequence[tuple[str, int]]) -> str:
        who = consignee_of(buyer)
        person = Person(who.name, who.phone, who.province, who.city, who.district, "", who.address, who.postcode)
        lines = [(self._goods[code].sku_id, qty) for code, qty in wanted]
        return self._shop.place(lines, buyer=f"b-{buyer}", person=person).no

    def pay(self, no: str) -> None:
        self._shop.pay(no)

    def move(self, no: str) -> None:
        self._must_be(no, "paid")
        self._shop.change_address(no, address="搬家路99号")

    def note(self, no: str) -> None:
        self._must_be(no, "paid")
        self._shop.write_note(no, "发快一点")

    def cancel(self, no: str) -> None:
        self._shop.cancel(no)

    def ask_back(self, no: str) -> Callable[[], None]:
        self._must_be(no, "paid")
        case = self._shop.ask_refund(no)
        return lambda: self._shop.agree(case.no)

    def refund_line(self, no: str) -> None:
        self._must_be(no, "paid")
        order = self._shop.order(no)
        if len(order.lines) < 2:
            raise RuleError("one_line")
        self._shop.refund_line(no, order.lines[0].no)

    def orders(self) -> Mapping[str, ToldOrder]:
        return {
            no: ToldOrder(order.state, order.paid_at is not None, tuple(one.number for one in order.parcels))
            for no, order in self._shop.orders.items()
        }

    def _must_be(self, no: str, state: str) -> None:
        if self._shop.order(no).state != state:
            raise RuleError("too_late")


class _OwnMall:
    """The practice shop."""

    most_lines = 3

    def __init__(self, shop: PracticeShop) -> None:
        self._shop = shop
        for sku in goods_on_sale():
            shop.stock_book.put(sku.code, _PLENTY, None)

    def place(self, buyer: int, wanted: Sequence[tuple[str, int]]) -> str:
        lines = [DraftLine(code, qty) for code, qty in wanted]
        return self._shop.place_order(OrderDraft(f"b-{buyer}", f"buyer{buyer}", _receiver(buyer), lines))

    def pay(self, no: str) -> None:
        self._shop.pay(no)

    def move(self, no: str) -> None:
        receiver = Receiver(**{**self._shop.order(no)["consignee"], "address": "搬家路99号"})
        self._shop.change_address(no, receiver)

    def note(self, no: str) -> None:
        self._must_be_open(no)
        self._shop.add_note(no, "发快一点")

    def cancel(self, no: str) -> None:
        self._shop.cancel(no)

    def ask_back(self, no: str) -> Callable[[], None]:
        self._must_be_open(no)
        self._shop.request_refund(no)
        return lambda: self._shop.refund(no)

    def refund_line(self, no: str) -> None:
        self._must_be_open(no)
        if len(self._shop.order(no)["lines"]) < 2:
            raise RuleError("one_line")
        self._shop.refund(no, "1")

    def orders(self) -> Mapping[str, ToldOrder]:
        return {order["no"]: _told(order) for order in self._shop.orders.everything()}

    def _must_be_open(self, no: str) -> None:
        if self._shop.order(no)["state"] != "open":
            raise RuleError("too_late")


def _receiver(buyer: int) -> Receiver:
    who = consignee_of(buyer)
    return Receiver(who.name, who.phone, who.province, who.city, who.district, who.address, who.postcode)


def _told(order: Mapping[str, Any]) -> ToldOrder:
    state = order["state"]
    if state == "open":
        state = "unpaid" if order["payment"] == "unpaid" else "part_shipped" if order["shipments"] else "paid"
    return ToldOrder(state, order["paid_at"] is not None, tuple(parcel["no"] for parcel in order["shipments"]))


@dataclass
class _Script:
    """What buyers do, and when."""

    houses: Sequence[_House]
    clock: ManualClock
    rng: random.Random
    #: (when, running number, what is done)
    waiting: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    acts: Counter[str] = field(default_factory=Counter)
    buyers: int = 0
    _count: int = 0

    def line_up(self, orders: int, begins: datetime) -> None:
        """Spread the day's orders over its hours."""
        for hour in self.rng.choices(range(24), _RUSHES, k=orders):
            at = begins + timedelta(hours=hour, seconds=self.rng.uniform(0, 3600))
            self._at(at, lambda: self._place(self.rng.choice(self.houses)))

    def until(self, at: datetime) -> None:
        """Let happen what happens up to then; refusals of the shop are part of the day."""
        while self.waiting and self.waiting[0][0] <= at:
            when, _, act = heapq.heappop(self.waiting)
            self.clock.jump(max(when, self.clock.now()))
            try:
                act()
            except (RuleError, RefusalError):
                self.acts["too late"] += 1
        self.clock.jump(at)

    def _at(self, when: datetime, act: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self.waiting, (when, self._count, act))

    def _in(self, act: Callable[[], None], *minutes: float) -> None:
        self._at(self.clock.now() + timedelta(minutes=self.rng.uniform(*minutes)), act)

    def _place(self, house: _House) -> None:
        rng = self.rng
        if self.buyers and rng.random() < 0.3:
            buyer = rng.randint(1, self.buyers)
        else:
            self.buyers += 1
            buyer = self.buyers
        goods = goods_on_sale()
        chosen = rng.sample(goods, rng.choices((1, 2, 3), (70, 20, 10))[0])[: house.most_lines]
        no = house.place(buyer, [(sku.code, rng.choices((1, 2, 3), (80, 15, 5))[0]) for sku in chosen])
        self.acts["placed"] += 1
        if rng.random() < _NEVER_PAID:
            self._in(self._noted("never paid", lambda: house.cancel(no)), 30, 30)
        else:
            self._in(lambda: self._pay(house, no), 0.1, 3)

    def _pay(self, house: _House, no: str) -> None:
        house.pay(no)
        self.acts["paid"] += 1
        chance = self.rng.random
        if chance() < _MOVED:
            self._in(self._noted("moved", lambda: house.move(no)), 1, 60)
        if chance() < _NOTED:
            self._in(self._noted("noted", lambda: house.note(no)), 1, 60)
        if chance() < _REFUNDED:
            self._in(lambda: self._ask_back(house, no), 1, 90)
        elif chance() < _LINE_REFUNDED:
            self._in(self._noted("line refunded", lambda: house.refund_line(no)), 1, 60)

    def _ask_back(self, house: _House, no: str) -> None:
        agree = house.ask_back(no)
        self.acts["asked back"] += 1
        self._in(self._noted("refunded", agree), 5, 60)

    def _noted(self, name: str, act: Callable[[], None]) -> Callable[[], None]:
        def done() -> None:
            act()
            self.acts[name] += 1

        return done


class DayWorld:
    """The process, seen from the desk."""

    def __init__(self, folder: Path, begins: datetime, orders: int, seed: int) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, folder, begins, orders, seed), daemon=True)
        self._process.start()
        theirs.close()
        self.access: Access = self._pipe.recv()

    def until(self, at: datetime) -> int:
        """Let the day go on up to then; gives how much is still to happen."""
        self._pipe.send(at)
        left: int = self._pipe.recv()
        return left

    def end(self) -> Truth:
        """The day is over."""
        self._pipe.send(None)
        truth: Truth = self._pipe.recv()
        self._process.join(60)
        return truth


def _serve(pipe: Pipe, folder: Path, begins: datetime, orders: int, seed: int) -> None:
    clock = ManualClock(begins)
    keys = PracticeSecrets.fresh()
    with ExitStack() as stack:
        mall = stack.enter_context(PracticeServer(folder / "practice", keys, clock))
        taobao = stack.enter_context(TaobaoServer(taobao_shop(clock.now), seller=Seller(kind="C")))
        pdd = stack.enter_context(PddServer(pdd_shop(clock.now)))
        douyin = stack.enter_context(DouyinServer(make_shop(clock.now)))
        token, _ = pdd.tokens.grant()
        mall_way = {"base_url": mall.url, "key": keys.mall.key}
        taobao_way = {"base_url": f"{taobao.url}/router/rest", "app_key": taobao.app.key}
        taobao_secrets = {"app_secret": taobao.app.secret, "session": taobao.grants.session()}
        pdd_way = {"base_url": pdd.url, "client_id": CLIENT_ID}
        douyin_way = {"base_url": douyin.url, "app_key": douyin.app.key, "shop_id": str(douyin.app.shop_id)}
        shops = (
            ShopAccess("mall", "自有商城", mall_way, {"secret": keys.mall.secret}),
            ShopAccess("taobao", "淘宝店", taobao_way, taobao_secrets),
            ShopAccess("pdd", "拼多多店", pdd_way, {"client_secret": SECRET, "access_token": token}),
            ShopAccess("douyin", "抖店", douyin_way, {"app_secret": douyin.app.secret}),
        )
        pipe.send(Access(shops, mall.carrier_url, keys.carrier.key, keys.carrier.secret))
        # At Pinduoduo every choice is an order of its own.
        markets = (_Marketplace(taobao.shop, 3), _Marketplace(pdd.shop, 1), _Marketplace(douyin.shop, 3))
        houses: Sequence[_House] = (_OwnMall(mall.shop), *markets)
        script = _Script(houses, clock, random.Random(seed))
        script.line_up(orders, begins)
        while (at := pipe.recv()) is not None:
            script.until(at)
            pipe.send(len(script.waiting))
        told = [house.orders() for house in houses]
        pipe.send(Truth(told, dict(script.acts), mall.carrier.live_numbers()))
