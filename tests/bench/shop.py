"""A made-up shop for measuring: goods, people and pages of platform orders, all of it following from numbers.

Customer n always has the same name, phone and address, so that a seeded file and the pages taken in later agree
about who buys again without anybody remembering a million people. Nobody in it exists.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.catalog.models import Barcode, Listing, Sku
from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee
from core.channels.models import Shop
from core.db.cipher import Digester
from core.db.engines import sqlite_engines
from core.db.keys import DataKey
from core.db.models import SchemaFact
from core.db.schema import all_tables
from core.db.unit_of_work import Actor, Store, UnitOfWork
from core.inventory.models import Movement, StockLevel, Warehouse
from core.orders.intake import ShopFacts
from core.runtime.clock import ManualClock
from core.waybills.models import WaybillAccount

START = datetime(2026, 6, 18, 2, 0, tzinfo=UTC)
KEY = bytes(range(32))
SKU_COUNT = 2000
LINES = 3
PAGE = 100
CARRIER = "PX"
ACCOUNTS = "mall"
INSTALLATION = "PDBENCH"
STOCK = 100_000_000
FACTS = ShopFacts(id=1, accounts=ACCOUNTS, warehouse_id=1)
#: one customer whose name nobody else's has a character of
RARE_CUSTOMER = 4242
RARE_NAME = "令狐龘"

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾"
    "肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范"
)
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅鹏宇浩然子轩梓涵雨欣诗琪一诺晨曦思远文博佳怡可馨俊熙嘉懿煜城"
    "天佑瑾瑜皓轩擎苍志泽弘懿绍齐博文峻熙瑾萱璟雯昕蕊瑶淼森焱垚鑫翊航奕辰睿渊墨舒窈攸宁岚沁姝婧婷嫣颖璇珊珂玥琳霖霏霁靖靓韵"
)
_CITIES = (("浙江省", "杭州市", "西湖区"), ("广东省", "深圳市", "南山区"), ("江苏省", "苏州市", "虎丘区"))


def spread(number: int) -> int:
    """A number that follows from another one without any pattern that an index could profit from."""
    number = (number ^ (number >> 16)) * 0x45D9F3B & 0xFFFFFFFF
    number = (number ^ (number >> 16)) * 0x45D9F3B & 0xFFFFFFFF
    return number ^ (number >> 16)


def name_of(customer: int) -> str:
    """The customer's name: two or three characters, some of them very common."""
    if customer == RARE_CUSTOMER:
        return RARE_NAME
    chance = spread(customer)
    # The square makes the first surnames as common as they are.
    surname = _SURNAMES[(chance % 997) * (chance % 997) * len(_SURNAMES) // (997 * 997)]
    first, second = (chance >> 10) % len(_GIVEN), (chance >> 18) % (len(_GIVEN) * 4 // 3)
    return surname + _GIVEN[first] + (_GIVEN[second] if second < len(_GIVEN) else "")


def phone_of(customer: int) -> str:
    """The customer's phone number; no two customers share one."""
    return f"1{3 + customer % 7}{spread(customer) % 10_000:04}{customer % 100_000:05}"


def consignee_of(customer: int) -> Consignee:
    """Where the customer's parcels go."""
    province, city, district = _CITIES[customer % len(_CITIES)]
    street = f"文三路 {customer % 900 + 1} 号 {customer % 30 + 1} 幢 {customer % 25 + 1}0{customer % 4 + 1} 室"
    return Consignee(name_of(customer), phone_of(customer), province, city, district, street, "310000")


def sku_of(order: int, place: int) -> int:
    """Which SKU stands on a line of an order."""
    return 1 + spread(order * LINES + place) % SKU_COUNT


def qty_of(order: int, place: int) -> int:
    """How many units of it."""
    return 1 + spread(order * LINES + place + 7) % 3


def order_no(order: int) -> str:
    """The platform's number of an order."""
    return f"20260618{order:010}"


def channel_order(order: int, customer: int, at: datetime, *, is_paid: bool = True) -> ChannelOrder:
    """One platform order with the reply it was read from."""
    who = consignee_of(customer)
    lines = tuple(
        ChannelOrderLine(
            line_no=f"{order}-{place}",
            item_id=f"item-{sku_of(order, place)}",
            channel_sku_id=f"c{sku_of(order, place)}",
            merchant_code=f"S{sku_of(order, place):05}",
            title=title_of(sku_of(order, place)),
            spec=spec_of(sku_of(order, place)),
            qty=qty_of(order, place),
            unit_price_fen=990 + sku_of(order, place),
        )
        for place in range(LINES)
    )
    amount = sum(line.qty * line.unit_price_fen for line in lines)
    raw = {
        "order_no": order_no(order),
        "version": 1,
        "status": "paid" if is_paid else "unpaid",
        "buyer": {"id": f"b{customer}", "nick": f"buyer{customer}"},
        "receiver": {"name": who.name, "phone": who.phone, "city": who.city, "address": who.address},
        "lines": [
            {
                "no": line.line_no,
                "item": line.item_id,
                "title": line.title,
                "qty": line.qty,
                "fen": line.unit_price_fen,
            }
            for line in lines
        ],
        "amount_fen": amount,
        "placed_at": at.isoformat(),
    }
    return ChannelOrder(
        order_no=order_no(order),
        version=1,
        modified_at=at,
        placed_at=at,
        paid_at=at if is_paid else None,
        payment="paid" if is_paid else "unpaid",
        channel_status="WAIT_SELLER_SEND_GOODS",
        is_closed=False,
        is_shipped=False,
        buyer_key=f"b{customer}",
        buyer_name=f"buyer{customer}",
        consignee=who,
        lines=lines,
        amount_fen=amount,
        freight_fen=0,
        raw=raw,
    )


def title_of(sku: int) -> str:
    """What a shop calls the goods."""
    return f"{_GIVEN[sku % 90]}{_GIVEN[sku % 77]}牌婴儿辅食米粉 {sku} 号"


def spec_of(sku: int) -> str:
    """How much is in the bag: each of the four sizes is that of 500 SKUs."""
    return f"{sku % 4 + 1}00g"


class Pages:
    """Pages of orders as a shop shows them: 95 new ones, 5 seen before; 4 of 10 buyers bought here before.

    Args:
        known: orders the file holds already, numbered from 1 (see `seeding`).
        seed: the same pages again for the same number.
    """

    def __init__(self, known: int = 0, seed: int = 618) -> None:
        self._rng = random.Random(seed)
        self._order = known
        self._customers = customers_of(known)
        self._recent: list[ChannelOrder] = []
        self._at = START

    def next(self, size: int = PAGE) -> Sequence[ChannelOrder]:
        """The next page."""
        again = size // 20 if self._recent else 0
        page = [self._new() for _ in range(size - again)]
        page += self._rng.sample(self._recent, again)
        self._recent = page[: size - again]
        self._rng.shuffle(page)
        return page

    def take(self, count: int) -> list[Sequence[ChannelOrder]]:
        """Several pages."""
        return [self.next() for _ in range(count)]

    def _new(self) -> ChannelOrder:
        self._order += 1
        self._at += timedelta(milliseconds=700)
        if self._customers and self._rng.random() < 0.4:
            customer = self._rng.randint(1, self._customers)
        else:
            self._customers += 1
            customer = self._customers
        return channel_order(self._order, customer, self._at, is_paid=self._rng.random() < 0.95)


def customers_of(orders: int) -> int:
    """How many customers a seeded file of so many orders holds: three for five orders."""
    return 0 if orders == 0 else 1 + (orders - 1) * 3 // 5


@dataclass
class BenchFile:
    """An encrypted file with the program's own tables and the shop's goods in it."""

    path: Path
    store: Store
    clock: ManualClock
    digester: Digester

    @classmethod
    def open(cls, path: Path, desk: str = "desk-1") -> "BenchFile":
        """Open a file, furnishing it when it is new."""
        clock = ManualClock(START + timedelta(days=1))
        is_new = not path.exists()
        store = Store(sqlite_engines(path, KEY), clock, Actor("clerk", desk))
        if is_new:
            all_tables().create_all(store.engines.writer)
            store.write(_furnish)
        return cls(path, store, clock, Digester(DataKey(KEY)))

    def close(self) -> None:
        """Give the connections back."""
        self.store.close()


def _furnish(uow: UnitOfWork) -> None:
    skus = range(1, SKU_COUNT + 1)
    uow.insert_many(Warehouse, [{"code": "main", "name": "主仓"}])
    add_shop(uow, 1)
    account = {"service": "practice", "carrier_code": CARRIER, "carrier_name": "练习快递", "settings": {}}
    uow.insert_many(WaybillAccount, [account | {"secret": "", "sender": {}}])
    uow.insert_many(SchemaFact, [{"name": "installation", "value": INSTALLATION}])
    uow.insert_many(
        Sku,
        [
            {
                "id": i,
                "code": f"S{i:05}",
                "name": title_of(i),
                "short_name": f"米粉{i}号",
                "spec": spec_of(i),
                "weight_g": 100,
                "created_at": START,
            }
            for i in skus
        ],
    )
    uow.insert_many(Barcode, [{"code": barcode_of(i), "sku_id": i, "unit_qty": 1} for i in skus])
    list_goods(uow, 1)
    uow.insert_many(StockLevel, [{"id": i, "warehouse_id": 1, "sku_id": i, "on_hand_qty": STOCK} for i in skus])
    receipt = {"at": START, "qty": STOCK, "kind": "receipt", "operator": "clerk"}
    uow.insert_many(Movement, [receipt | {"level_id": i, "key": f"receipt:{i}"} for i in skus])


def add_shop(uow: UnitOfWork, number: int) -> None:
    """The first mall (1), or one more."""
    name = "练习店" if number == 1 else f"练习店 {number}"
    shop = {"channel": "mall", "name": name, "settings": {}, "secret": "", "warehouse_id": 1}
    switches = {"is_active": True, "confirms_shipments": True, "created_at": START, "clock_offset_ms": 0}
    uow.insert_many(Shop, [shop | switches])


def list_goods(uow: UnitOfWork, shop_id: int) -> None:
    """Let a shop sell all the goods."""
    uow.insert_many(
        Listing,
        [
            {
                "shop_id": shop_id,
                "item_id": f"item-{i}",
                "channel_sku_id": f"c{i}",
                "merchant_code": f"S{i:05}",
                "title": title_of(i),
                "spec": spec_of(i),
                "sku_id": i,
            }
            for i in range(1, SKU_COUNT + 1)
        ],
    )


def barcode_of(sku: int) -> str:
    """The code printed on the goods."""
    return f"69{sku:011}"
