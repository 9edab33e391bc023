"""A property: whatever is typed, the pages of the search are exactly the orders that a look at every order finds."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from core.catalog.models import Barcode, Sku
from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.customers.models import Identity
from core.customers.queries import consignees
from core.customers.service import account_key
from core.desk.labels import orders_of_waybill, waybills_of
from core.fulfilment.models import ParcelLine
from core.fulfilment.taking import take_page
from core.orders import search
from core.orders.models import Hold, Order, OrderLine
from core.orders.queries import order_page
from core.orders.records import OrderFilter
from core.sync.shops import add_shop, shop_of
from core.waybills.models import Waybill
from tests.support.fake_shop import LIN, FakeShop, line
from tests.support.world import CATALOGUE

SHIRTS = [
    SkuSpec(f"T{n:02}", f"Ｔ恤 {n} 款", spec="100%棉_L", is_stock_managed=False, barcodes=((f"69000000{n:05}", 1),))
    for n in range(60)
]
# Common and rare, beyond the basic plane, newer than Python's tables, private, decomposed, wide, foreign, signs.
LETTERS = "王李伟浩然子轩𠮷㐂龘\U0003106c\U000323b0\ue863Aaé\u0301ＡａßŁ·（ 1238"
names = st.text(LETTERS, max_size=6)
phones = st.one_of(
    st.from_regex(r"1[38]000[0-2]{2}123[0-3]", fullmatch=True),
    st.sampled_from(["138****1234", "", "0571-8812", "１３８００００１２３４", "13800001234-5678", "12"]),
)
beginnings = st.sampled_from(["2026", "202606", "1234", "26-", "W", "Ｗ", "王", "z", "SET"])
codes = st.sampled_from(["BEAR", "BAG", "CARD", "SET", "T00", "T01", "T30", "T59", "NEW"])
titles = st.sampled_from(["限定版 Ｂadge", "T恤 %_", "goods BEAR"])
BUYERS = ("b1", "b12", "1234", "Open-Id", "王李")
buyers = st.sampled_from(BUYERS)
orders = st.fixed_dictionaries(
    {
        "name": names,
        "phone": phones,
        "begins": beginnings,
        "goods": st.lists(st.tuples(codes, titles), min_size=1, max_size=2),
        "buyer": buyers,
        "shop": st.integers(0, 1),
    }
)


def _number(place, begins):
    """An order's number: in odd steps, so that numbers and ids do not rise together."""
    return f"{begins}{(place + 1) * 7 % 100:02}"


class _Undo(Exception):
    """Ends an example: the next one begins with the same empty shops."""


class _Shops:
    """Two shops of the same goods."""

    def __init__(self, world):
        self._world = world
        self.digest = world.digest
        self._clock = world.clock
        world.do(lambda uow: take_in(uow, SHIRTS))
        more = ("fake", "二店", {}, "{}", world.warehouse)
        second = world.do(lambda uow: add_shop(uow, *more, confirms_shipments=False))
        self._shops = world.store.read(lambda c: [shop_of(c, i).facts for i in (world.shop_id, second)])

    def with_orders(self, made_up, check):
        """Take the orders in, let `check` look at the connection, and undo everything."""

        def act(uow):
            for shop, facts in enumerate(self._shops):
                page = [self._order(place, one) for place, one in enumerate(made_up) if one["shop"] == shop]
                take_page(uow, facts, page, self._world.digest, "TT")
            # What the carrier would answer.
            for place, row in enumerate(uow.rows(select(Waybill.id).order_by(Waybill.id))):
                number = {"number": f"TT{place:03}", "state": "obtained"}
                uow.execute(update(Waybill).where(Waybill.id == row.id).values(**number))
            check(uow.connection)
            raise _Undo

        with pytest.raises(_Undo):
            self._world.do(act)

    def _order(self, place, one):
        who = replace(LIN, name=one["name"], phone=one["phone"], is_masked="*" in one["phone"])
        goods = [line(str(n), code, title=title) for n, (code, title) in enumerate(one["goods"])]
        number = _number(place, one["begins"])
        return FakeShop(self._clock).place(number, *goods, consignee=who, buyer_key=one["buyer"])

    def pages(self, connection, typed, limit):
        """Ids of every page in turn."""
        found, after = [], None
        while True:
            wanted = OrderFilter("all", typed)
            page = order_page(connection, wanted, after, limit, self._world.digest, waybills_of, orders_of_waybill)
            found += [row.id for row in page.rows]
            after = page.next_after
            if after is None:
                return found


def _facts(connection, digest):
    rows = connection.execute(select(Order.id, Order.order_no, Order.customer_id, Order.consignee_id)).all()
    people = consignees(connection, [row.consignee_id for row in rows])
    skus = {row.id: row for row in connection.execute(select(*Sku.__table__.c))}
    found = {
        row.id: {
            "number": [row.order_no],
            "name": [people[row.consignee_id].name],
            "phone": [people[row.consignee_id].phone],
            "buyer": [],
            "goods": [],
            "barcode": [],
            "waybill": [],
        }
        for row in rows
    }
    keys, accounts = {}, {account_key(connection, buyer, digest): buyer for buyer in BUYERS}
    for row in connection.execute(select(Identity.customer_id, Identity.buyer_key)):
        # The server keeps the account's digest: here it is the account that was typed into the shop.
        keys.setdefault(row.customer_id, []).append(accounts.get(row.buyer_key, row.buyer_key))
    codes = {}
    for row in connection.execute(select(Barcode.sku_id, Barcode.code)):
        codes.setdefault(row.sku_id, []).append(row.code)
    for row in rows:
        found[row.id]["buyer"] = keys.get(row.customer_id, [])
    waiting = set(
        connection.execute(
            select(Hold.order_id).where(Hold.reason == "unmatched", Hold.released_at.is_(None))
        ).scalars()
    )
    for row in connection.execute(select(*OrderLine.__table__.c).where(OrderLine.is_current)):
        mine = found[row.order_id]
        for sku_id in (row.sku_id, row.bundle_sku_id):
            if sku_id is not None:
                sku = skus[sku_id]
                mine["goods"] += [sku.code, sku.name, sku.short_name, sku.spec]
                mine["barcode"] += codes.get(sku_id, [])
        if row.order_id in waiting:
            mine["goods"] += [row.title, row.spec]
    query = select(ParcelLine.order_id, Waybill.number).join(Waybill, Waybill.parcel_id == ParcelLine.parcel_id)
    for row in connection.execute(query):
        found[row.order_id]["waybill"] += [row.number]
    return found


def _means(texts, typed):
    """Whether the order is meant: the promise of the search, said as plainly as it can be."""
    typed = typed.strip()
    if not typed:
        return True
    ways = {typed, unicodedata.normalize("NFKC", typed)}
    shouted = ways | {unicodedata.normalize("NFKC", typed).upper()}
    return (
        any(way in texts["waybill"] or way in texts["buyer"] for way in ways)
        or any(way in texts["waybill"] for way in shouted)
        or any(no == way or (len(way) >= 3 and no.startswith(way)) for no in texts["number"] for way in shouted)
        or any(_bare(typed) in _bare(name) for name in texts["name"] if _bare(typed))
        or any(_tail(phone) in ways for phone in texts["phone"])
        or any(_small(way) in _small(called) for called in texts["goods"] for way in ways)
        or any(way in texts["barcode"] for way in ways)
    )


def _bare(name):
    """Letters alone: no signs, blanks, marks, and no matter how wide or large."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(
        ch for ch in plain if unicodedata.category(ch)[0] in "LN" or unicodedata.category(ch) in ("Co", "Cn")
    )


def _small(text):
    return "".join(chr(ord(ch) + 32) if "A" <= ch <= "Z" else ch for ch in text)


def _tail(phone):
    digits = [ch for ch in unicodedata.normalize("NFKC", phone) if ch in "0123456789*"]
    return "".join(digits[-4:]) if len(digits) >= 4 and "*" not in digits[-4:] else None


def _wide(text):
    """As an input method types it."""
    return "".join(chr(ord(ch) + 0xFEE0) if "!" <= ch <= "~" else ch for ch in text)


def _pieces(made_up):
    """What there is to be found, by kind."""
    named = [word for sku in (*SHIRTS[:3], *CATALOGUE) for word in (sku.code, sku.name, sku.spec)]
    return {
        "name": [one["name"] for one in made_up],
        "phone": [one["phone"] for one in made_up],
        "number": [_number(place, one["begins"]) for place, one in enumerate(made_up)],
        "buyer": [one["buyer"] for one in made_up],
        "goods": [*named, *(title for one in made_up for _, title in one["goods"])],
        "waybill": [f"TT{place:03}" for place in range(len(made_up))],
        "barcode": [code for sku in (*SHIRTS[:2], *CATALOGUE) for code, _ in sku.barcodes],
    }


@st.composite
def typed_for(draw, made_up):
    """Something a clerk may type: mostly a piece of what is there, sometimes not."""
    pieces = {kind: [text for text in texts if text] for kind, texts in _pieces(made_up).items()}
    kind = draw(st.sampled_from([*(kind for kind, texts in pieces.items() if texts), "any"]))
    if kind == "any":
        return draw(st.one_of(names, st.sampled_from(["%", "_", "\\", "'", '"', "T", "恤", "23", "0000", "a" * 70])))
    piece = draw(st.sampled_from(pieces[kind]))
    if kind == "phone":
        piece = piece[-4:]
    elif kind == "number":
        piece = piece[: draw(st.integers(1, len(piece)))]
    elif kind in ("name", "goods"):
        first = draw(st.integers(0, len(piece) - 1))
        piece = piece[first : first + draw(st.integers(1, 4))]
    return draw(st.sampled_from([str, str, str, str.lower, str.upper, _wide, " {} ".format]))(piece)


@st.composite
def scenes(draw):
    """Orders, and what is typed while they are there."""
    made_up = draw(st.lists(orders, min_size=1, max_size=15))
    return made_up, draw(st.lists(typed_for(made_up), min_size=1, max_size=8))


@pytest.fixture(params=["as built", "every limit met"])
def limits(request, monkeypatch):
    """The rows of a page, with the limits as they are, or so low that a handful of orders meets each of them."""
    if request.param == "as built":
        return (7, 100)
    for name, value in {"_FEW": 3, "_RECENT": 5, "_MANY_SKUS": 2}.items():
        monkeypatch.setattr(search, name, value)
    return (1, 2, 3)


def test_the_pages_are_exactly_what_a_look_at_every_order_finds(world, limits):
    shops = _Shops(world)

    # Each example is a shop of its own with several searches: a quarter of the usual number takes as long.
    @settings(
        max_examples=max(10, settings().max_examples // 4),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(scenes(), st.sampled_from(limits))
    def property_(scene, limit):
        made_up, all_typed = scene

        def check(connection):
            known = _facts(connection, shops.digest)
            for typed in all_typed:
                truth = sorted((i for i, texts in known.items() if _means(texts, typed)), reverse=True)
                assert shops.pages(connection, typed, limit) == truth, typed

        shops.with_orders(made_up, check)

    property_()
