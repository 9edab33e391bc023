"""The shops of the message chaos: each simulator with its buyers, its settings in the centre, and its own truth.

The truth of an order is what the simulator's state says in its own words, brought to a handful of facts here; nothing of
an adapter has a part in it.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from core.practice.people import Receiver
from core.practice.refusal import RefusalError
from core.practice.server import PracticeSecrets
from core.practice.shop import DraftLine, OrderDraft
from core.runtime.clock import ManualClock
from tests.chaos.wire import Haze, Trouble, copied, hazy
from tests.simulators.faulty_practice import FaultyPracticeServer
from tests.simulators.platforms.douyin import DouyinServer, make_shop
from tests.simulators.platforms.faults import WIRE
from tests.simulators.platforms.jd import JdServer
from tests.simulators.platforms.jd import habits as jd_habits
from tests.simulators.platforms.medusa import SECRET_KEY, MedusaServer
from tests.simulators.platforms.medusa_shop import medusa_shop
from tests.simulators.platforms.pdd import CLIENT_ID, PddServer, pdd_shop
from tests.simulators.platforms.pdd import SECRET as PDD_SECRET
from tests.simulators.platforms.server import Answer, Call, PlatformServer
from tests.simulators.platforms.shop import Order, Person, RuleError, Shop
from tests.simulators.platforms.taobao import Seller, TaobaoServer, taobao_shop
from tests.simulators.platforms.wechat import APPID, WechatServer, wechat_shop
from tests.simulators.platforms.wechat import SECRET as WECHAT_SECRET
from tests.simulators.platforms.woocommerce import CONSUMER_KEY, CONSUMER_SECRET, WooServer
from tests.simulators.platforms.woocommerce_shop import woocommerce_shop

#: merchant codes of what all shops sell: the practice mall's
CODES: Final = ("MF-101", "FS-201", "WJ-601")
#: units every shop may sell of each: nobody runs out
PLENTY: Final = 5_000_000

Item = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Truth:
    """What a platform's own people see of an order.

    Attributes:
        is_told: whether the platform tells it at all; None: it may have been told once and is no more.
        payment: unpaid | paid | partly_refunded | refunded.
        is_cancelled, is_shipped, is_done: how far it is.
        after_sale: none | requested | settled.
        amount_fen: what it costs; None where that is not compared.
        lines: (merchant code, units, after-sale), sorted.
        address: where it goes; None where it is masked or changed without a trace.
        seller_note: None where the lists do not tell it.
        numbers: waybill numbers the platform was told.
        told_count: how often it counted the order as sent.
    """

    no: str
    is_told: bool | None
    payment: str
    is_cancelled: bool
    is_shipped: bool
    is_done: bool
    after_sale: str
    amount_fen: int | None
    lines: tuple[Item, ...]
    address: str | None
    seller_note: str | None
    numbers: tuple[str, ...]
    told_count: int
    stopped: bool = False


class Platform:
    """One shop on a simulator of `tests.simulators.platforms`.

    Attributes:
        kind: the channel.
        verbs: what its people can do besides placing and paying.
        haze: what its lists do not show yet.
        trouble: what its calls meet.
    """

    kind = ""
    #: calls that are answered from the lagging copy
    lists: frozenset[str] = frozenset()
    #: faults of the wire, the dead line first
    wire: tuple[str, ...] = tuple(sorted(WIRE - {"slow"}))
    #: own faults that pass without anybody doing anything
    own_faults: tuple[str, ...] = ()
    verbs = frozenset(
        {"address", "note", "stop", "cancel", "ask", "refuse", "withdraw", "partial", "elsewhere", "receive"}
    )
    #: an order is hidden while it is late, since not all of its state is in the order itself
    only_hides = False
    shows_address = False
    sees_unpaid = True
    #: lateness that the windows still reach, in seconds
    reach_s = 600.0

    def __init__(self, server: PlatformServer, chance: random.Random, clock: ManualClock) -> None:
        self.server, self.shop, self.chance, self.clock = server, server.shop, chance, clock
        self.goods = [self.shop.list_goods(code, PLENTY) for code in CODES]
        self.haze = Haze(chance, clock.now, self.reach_s)
        self._unseen: dict[str, set[str]] = {}
        self._told: dict[str, int] = {}
        self._read = 0
        plain = server.answer

        def answer(call: Call) -> Answer:
            if not self.haze.is_on or server.name_of(call) not in self.lists:
                return plain(call)
            with self.shop.lock:
                real = self.shop.orders
                self.shop.orders = hazy(real, self.haze)
                try:
                    return plain(call)
                finally:
                    self.shop.orders = real

        server.answer = answer  # type: ignore[method-assign]
        # A caller that is killed hangs up in the middle.
        server._server.handle_error = lambda *_caller: None  # type: ignore[method-assign]

    def join(self, trouble: Trouble) -> None:
        """From now on every call meets this."""
        self.trouble = trouble
        self.server.faults = trouble  # type: ignore[assignment]

    # --- how the centre knows it -------------------------------------------------------------------------------------

    def settings(self) -> Mapping[str, str]:
        """As a clerk types them."""
        return {"base_url": self.server.url}

    def secret(self) -> Mapping[str, str]:
        """Keys and tokens."""
        return {}

    # --- its people --------------------------------------------------------------------------------------------------

    def place(self, number: int) -> str:
        """Somebody orders; each life its own buyer and house."""
        wanted = [(goods.sku_id, self.chance.randint(1, 3)) for goods in self._some(self.goods)]
        person = Person(name=f"买家{number}", phone=f"138{number:08}", address=f"练习路{number}号")
        with self.shop.lock:
            no = self.shop.place(wanted, buyer=f"b-{number}", person=person).no
            self.haze.note(no, None)
        return no

    def _some(self, choices: Sequence[Any]) -> Sequence[Any]:
        return self.chance.sample(choices, self.chance.choice((1, 1, 2, 3)))

    def do(self, verb: str, no: str) -> bool:
        """One act of buyer or owner; False where the shop says no."""
        with self.shop.lock:
            order = self.shop.orders[no]
            before = copied(order)
            try:
                self._acts()[verb](no)
            except RuleError:
                return False
            if order.modified_at == before.modified_at:
                self._unseen.setdefault(no, set()).add(verb)
            else:
                self._unseen.pop(no, None)
            self.haze.note(no, None if self.only_hides else before)
        return True

    def _acts(self) -> Mapping[str, Callable[[str], object]]:
        shop, chance = self.shop, self.chance
        return {
            "pay": shop.pay,
            "cancel": shop.cancel,
            "address": lambda no: shop.change_address(no, address=f"新练习路{chance.randrange(10**6)}号"),
            "note": lambda no: shop.write_note(no, f"备注{chance.randrange(10**6)}"),
            "stop": lambda no: shop.stop(no, self.stop_word),
            "let_go": lambda no: shop.stop(no, ""),
            "ask": shop.ask_refund,
            "agree": lambda no: shop.agree(self._case(no)),
            "refuse": lambda no: shop.refuse(self._case(no)),
            "withdraw": lambda no: shop.withdraw(self._case(no)),
            "partial": self._partial,
            "elsewhere": lambda no: shop.ship(no, self.carrier, f"7{chance.randrange(10**12):013}"),
            "receive": shop.receive,
        }

    #: how the platform writes a carrier, and why it keeps an order back
    carrier = "ZTO"
    stop_word = "PAUSE"

    def _case(self, no: str) -> str:
        cases = self.shop.cases_of(no)
        return cases[-1].no if cases else "none"

    def _partial(self, no: str) -> None:
        order = self.shop.order(no)
        if len(order.lines) < 2:
            raise RuleError("one_line")
        self.shop.refund_line(no, order.lines[-1].no)

    # --- its truth ---------------------------------------------------------------------------------------------------

    def cases(self) -> Mapping[str, Sequence[str]]:
        """After-sale cases that are told apart from orders: order -> their states (some tell one for each line)."""
        found: dict[str, set[str]] = {}
        if self.tells_cases:
            with self.shop.lock:
                for case in self.shop.cases.values():
                    found.setdefault(case.order_no, set()).add(case.state)
        return {no: sorted(states) for no, states in found.items()}

    tells_cases = True

    def numbers(self) -> Sequence[str]:
        """Every order there ever was."""
        return list(self.shop.orders)

    def truth(self, no: str) -> Truth:
        """An order as it is now."""
        with self.shop.lock:
            order = self.shop.orders[no]
            refunded = [line.after_sale == "refunded" for line in order.lines]
            payment = "partly_refunded" if any(refunded) else "paid"
            if order.paid_at is None:
                payment = "unpaid"
            elif all(refunded):
                payment = "refunded"
            unseen = self._unseen.get(no, set())
            is_clear = self.shows_address and "address" not in unseen
            return Truth(
                no,
                self._is_told(order),
                payment,
                order.state == "cancelled",
                order.state in ("shipped", "done"),
                order.state == "done",
                _after_sale([line.after_sale for line in order.lines]),
                order.amount_fen,
                tuple(sorted((line.goods.code, line.qty, line.after_sale) for line in order.lines)),
                order.person.address if is_clear else None,
                None if "note" in unseen or not self.tells_note else order.seller_note,
                tuple(parcel.number for parcel in order.parcels),
                self._told_count(no),
                bool(order.stopped_for),
            )

    tells_note = False
    sent_word = "shipped"

    def _is_told(self, order: Order) -> bool | None:
        return self.sees_unpaid or order.paid_at is not None

    def _told_count(self, no: str) -> int:
        happened = self.shop.happened
        for what, subject, _at in happened[self._read :]:
            if what == self.sent_word:
                self._told[subject] = self._told.get(subject, 0) + 1
        self._read = len(happened)
        return self._told.get(no, 0)


def _after_sale(states: Sequence[str]) -> str:
    if "requested" in states:
        return "requested"
    return "settled" if "refunded" in states else "none"


class Taobao(Platform):
    """A shop on Taobao."""

    kind = "taobao"
    lists = frozenset({"taobao.trades.sold.get", "taobao.trades.sold.increment.get"})
    own_faults = ("isp_timeout_before", "isp_timeout_after", "isp_error", "busy", "code_7", "code_10")
    reach_s = 600.0
    server: TaobaoServer

    def settings(self) -> Mapping[str, str]:
        return {"base_url": f"{self.server.url}/router/rest", "app_key": self.server.app.key}

    def secret(self) -> Mapping[str, str]:
        return {"app_secret": self.server.app.secret, "session": self._session}

    def __init__(self, server: TaobaoServer, chance: random.Random, clock: ManualClock) -> None:
        super().__init__(server, chance, clock)
        self._session = server.grants.session()


class Jd(Platform):
    """A shop on JD: what of a line was paid back nobody knows, so orders go back whole."""

    kind = "jd"
    lists = frozenset(
        {"jingdong.pop.order.search", "jingdong.pop.order.enSearch", "jingdong.pop.order.notPayOrderInfo"}
    )
    own_faults = ("backend_down_before", "backend_down_after", "backend_timeout_after", "system_error", "call_limit")
    verbs = Platform.verbs - {"partial"}
    reach_s = 600.0
    carrier = "1499"
    server: JdServer

    def settings(self) -> Mapping[str, str]:
        return {"base_url": self.server.url, "app_key": self.server.app_key}

    def secret(self) -> Mapping[str, str]:
        return {"app_secret": self.server.secret, "access_token": self.server.access_token}

    def truth(self, no: str) -> Truth:
        """JD's orders say nothing of their refunds but that they are locked; bills of service stand apart."""
        found = super().truth(no)
        if found.is_cancelled:
            return found
        lines = tuple(sorted((code, qty, "none") for code, qty, _state in found.lines))
        is_locked = found.after_sale == "requested" and not found.is_shipped
        payment = found.payment if found.payment == "unpaid" else "paid"
        return replace(found, payment=payment, after_sale="none", lines=lines, stopped=found.stopped or is_locked)

    def _is_told(self, order: Order) -> bool | None:
        # An order that was called off unpaid is in no list any more.
        return None if order.paid_at is None and order.state == "cancelled" else True


class Pdd(Platform):
    """A shop on Pinduoduo, which tells no unpaid orders."""

    kind = "pdd"
    lists = frozenset({"pdd.order.number.list.increment.get", "pdd.order.list.get", "pdd.order.basic.list.get"})
    own_faults = ("52101", "70031", "52102_before", "52102_after")
    sees_unpaid = False
    carrier = "115"
    reach_s = 1800.0
    server: PddServer

    def __init__(self, server: PddServer, chance: random.Random, clock: ManualClock) -> None:
        super().__init__(server, chance, clock)
        self._token, _refresh = server.tokens.grant()

    def settings(self) -> Mapping[str, str]:
        return {"base_url": self.server.url, "client_id": CLIENT_ID}

    def secret(self) -> Mapping[str, str]:
        return {"client_secret": PDD_SECRET, "access_token": self._token}


class Douyin(Platform):
    """A shop on Douyin, opened by the merchant's own app."""

    kind = "douyin"
    lists = frozenset({"/order/searchList"})
    carrier = "zhongtong"
    own_faults = ("error_20000", "timeout_20001_before", "timeout_20001_after", "busy_50002", "too_many_60000")
    reach_s = 600.0
    server: DouyinServer

    def settings(self) -> Mapping[str, str]:
        app = self.server.app
        return {"base_url": self.server.url, "app_key": app.key, "shop_id": app.shop_id}

    def secret(self) -> Mapping[str, str]:
        return {"app_secret": self.server.app.secret}


class Wechat(Platform):
    """A WeChat shop; its lists give numbers alone."""

    kind = "wechat"
    lists = frozenset({"/channels/ec/order/list/get"})
    own_faults = ("busy", "busy_after", "too_often", "token_invalid", "token_expired", "empty_page")
    server: WechatServer

    def settings(self) -> Mapping[str, str]:
        return {"base_url": self.server.url, "appid": APPID}

    def secret(self) -> Mapping[str, str]:
        return {"secret": WECHAT_SECRET}


class Woo(Platform):
    """A WooCommerce shop: nobody asks for a refund in it, its people make one; nothing keeps an order back."""

    kind = "woocommerce"
    lists = frozenset({"GET wc/v3/orders"})
    own_faults = (
        "too_many",
        "too_many_bare",
        "no_database",
        "critical_error",
        "error_after",
        "waf_check",
        "row_moves",
    )
    verbs = Platform.verbs - {"stop", "ask", "refuse", "withdraw", "receive"}
    only_hides = True
    shows_address = True
    reach_s = 120.0
    sent_word = "status_completed"
    tells_cases = False
    server: WooServer

    def settings(self) -> Mapping[str, str]:
        return {"base_url": self.server.url, "consumer_key": CONSUMER_KEY}

    def secret(self) -> Mapping[str, str]:
        return {"consumer_secret": CONSUMER_SECRET}

    def truth(self, no: str) -> Truth:
        with self.shop.lock:
            order = self.server.shop.order(no)
            told = [str(row["tracking_number"]) for row in self.server.shop.trackings_of(order)]
            return replace(super().truth(no), numbers=tuple(told), after_sale=self._settled(order))

    @staticmethod
    def _settled(order: Order) -> str:
        # A wish for money leaves no trace there.
        return "settled" if any(line.after_sale == "refunded" for line in order.lines) else "none"


class Medusa(Platform):
    """A Medusa shop: a payment moves nothing of the order, a wish for money leaves no trace."""

    kind = "medusa"
    lists = frozenset({"GET /admin/orders"})
    own_faults = ("rate_limited", "rate_limited_blindly", "restarting", "unknown_error", "unknown_error_after")
    verbs = Platform.verbs - {"stop", "ask", "refuse", "withdraw", "partial", "receive"}
    only_hides = True
    shows_address = True
    tells_cases = False
    server: MedusaServer

    def settings(self) -> Mapping[str, str]:
        return {"base_url": self.server.url, "buyer_note_field": self.server.orders.rows.buyer_note_key}

    def secret(self) -> Mapping[str, str]:
        return {"api_key": SECRET_KEY}

    def truth(self, no: str) -> Truth:
        found = super().truth(no)
        # What comes back of a cancelled order is a credit there: its sum is nobody's any more.
        return replace(found, amount_fen=None if found.is_cancelled else found.amount_fen)


class Mall:
    """The practice mall, as an own mall: its order book is its truth."""

    kind = "mall"
    wire = ("drop", "half_body", "half_head", "html_500", "html_403", "html_200", "empty_200", "done_but_silent")
    own_faults = ("rate_limited", "unavailable", "duplicate_page", "empty_page_has_more")
    verbs = frozenset({"address", "note", "cancel", "ask", "partial", "elsewhere"})
    reach_s = 600.0

    def __init__(
        self, server: FaultyPracticeServer, keys: PracticeSecrets, chance: random.Random, clock: ManualClock
    ) -> None:
        self.server, self.shop, self.chance, self.clock = server, server.shop, chance, clock
        self._keys = keys
        self.haze = Haze(chance, clock.now, self.reach_s)
        for code in CODES:
            self.shop.stock_book.put(code, PLENTY, None)
        book = self.shop.orders
        plain = book.changed_page

        def changed_page(after_ms: int, cursor: str | None, limit: int) -> Any:
            page = plain(after_ms, cursor, limit)
            old = self.haze.old() if self.haze.is_on else {}
            rows = [old.get(row["no"], row) for row in page.orders]
            rows = [row for row in rows if row is not None]
            doubled = self.haze.doubles([row["no"] for row in rows])
            return replace(page, orders=[*rows, *(row for row in rows if row["no"] in doubled)])

        book.changed_page = changed_page  # type: ignore[method-assign]

    def join(self, trouble: Trouble) -> None:
        """As `Platform.join`."""
        self.trouble = trouble
        self.server.faults = trouble  # type: ignore[assignment]

    def settings(self) -> Mapping[str, str]:
        """As `Platform.settings`."""
        return {"base_url": self.server.url, "key": self._keys.mall.key}

    def secret(self) -> Mapping[str, str]:
        """As `Platform.secret`."""
        return {"secret": self._keys.mall.secret}

    def place(self, number: int) -> str:
        """As `Platform.place`."""
        codes = self.chance.sample(CODES, self.chance.choice((1, 1, 2, 3)))
        lines = [DraftLine(code, self.chance.randint(1, 3)) for code in codes]
        receiver = Receiver(f"买家{number}", f"138{number:08}", "浙江省", "杭州市", "余杭区", f"练习路{number}号")
        no = self.shop.place_order(OrderDraft(f"b-{number}", f"买家{number}", receiver, lines))
        self.haze.note(no, None)
        return no

    def do(self, verb: str, no: str) -> bool:
        """As `Platform.do`."""
        before = self.shop.order(no)
        try:
            self._acts(before)[verb](no)
        except RefusalError:
            return False
        self.haze.note(no, before)
        return True

    def _acts(self, order: Mapping[str, Any]) -> Mapping[str, Callable[[str], object]]:
        shop, chance = self.shop, self.chance
        elsewhere = {"carrier": "ZTO", "no": f"7{chance.randrange(10**12):013}"}
        lines = [
            {"line_no": one["line_no"], "qty": one["qty"]} for one in order["lines"] if one["after_sale"] == "none"
        ]
        receiver = replace(Receiver(**order["consignee"]), address=f"新练习路{chance.randrange(10**6)}号")
        return {
            "pay": shop.pay,
            "cancel": shop.cancel,
            "address": lambda no: shop.change_address(no, receiver),
            "note": lambda no: shop.add_note(no, f"备注{chance.randrange(10**6)}", by="seller"),
            "ask": shop.request_refund,
            "agree": shop.refund,
            "partial": lambda no: self._partial(no, order),
            "elsewhere": lambda no: self._send(no, {**elsewhere, "lines": lines}),
        }

    def _partial(self, no: str, order: Mapping[str, Any]) -> None:
        if len(order["lines"]) < 2:
            raise RefusalError(409, "one_line", "only one line")
        self.shop.refund(no, order["lines"][-1]["line_no"])

    def _send(self, no: str, parcel: Mapping[str, Any]) -> None:
        with self.shop.orders.changing(no) as order:
            if order["state"] != "open" or order["payment"] == "unpaid" or not parcel["lines"]:
                raise RefusalError(409, "already_shipped", "nothing to send")
            order["shipments"].append(dict(parcel))
            order["state"] = "shipped"

    def cases(self) -> Mapping[str, Sequence[str]]:
        """As `Platform.cases`: it has none."""
        return {}

    def numbers(self) -> Sequence[str]:
        """As `Platform.numbers`."""
        return [order["no"] for order in self.shop.orders.everything()]

    def truth(self, no: str) -> Truth:
        """As `Platform.truth`."""
        order = self.shop.order(no)
        parcels = [parcel["no"] for parcel in order["shipments"]]
        return Truth(
            no,
            True,
            order["payment"],
            order["state"] == "cancelled",
            order["state"] == "shipped",
            False,
            _after_sale([line["after_sale"] for line in order["lines"]]),
            order["amount_fen"],
            tuple(sorted((line["sku"], line["qty"], line["after_sale"]) for line in order["lines"])),
            order["consignee"]["address"],
            order["seller_note"],
            tuple(parcels),
            len(parcels),
        )


Played = Platform | Mall
KINDS: Final = ("taobao", "jd", "pdd", "douyin", "wechat", "woocommerce", "medusa", "mall")


class _Offset(ManualClock):
    """The clock of a shop: ours, wrong by a constant."""

    def __init__(self, clock: ManualClock, offset: timedelta) -> None:
        super().__init__(clock.now())
        self._ours, self._offset = clock, offset

    def now(self) -> datetime:
        return self._ours.now() + self._offset

    def monotonic(self) -> float:
        return self._ours.monotonic()


@contextmanager
def opened(kinds: Sequence[str], folder: Path, chance: random.Random, clock: ManualClock) -> Iterator[list[Played]]:
    """Running shops, each with a clock that is wrong by up to a minute and a half."""
    with ExitStack() as stack:
        yield [stack.enter_context(_open(kind, folder, chance, clock)) for kind in kinds]


@contextmanager
def _open(kind: str, folder: Path, chance: random.Random, clock: ManualClock) -> Iterator[Played]:
    theirs = _Offset(clock, timedelta(seconds=chance.uniform(-90, 90)))
    if kind == "mall":
        keys = PracticeSecrets.fresh()
        with FaultyPracticeServer(folder / "mall", keys, theirs) as server:
            yield Mall(server, keys, chance, clock)
        return
    make: Mapping[str, Callable[[], tuple[PlatformServer, Callable[..., Platform]]]] = {
        "taobao": lambda: (TaobaoServer(taobao_shop(theirs.now), seller=Seller(kind="C")), Taobao),
        "jd": lambda: (JdServer(Shop(theirs.now, jd_habits())), Jd),
        "pdd": lambda: (PddServer(pdd_shop(theirs.now)), Pdd),
        "douyin": lambda: (DouyinServer(make_shop(theirs.now)), Douyin),
        "wechat": lambda: (WechatServer(wechat_shop(theirs.now)), Wechat),
        "woocommerce": lambda: (WooServer(woocommerce_shop(theirs.now)), Woo),
        "medusa": lambda: (MedusaServer(medusa_shop(theirs.now)), Medusa),
    }
    made, kind_of = make[kind]()
    if isinstance(made, WooServer):
        made.site.has_tracking = True
    with made, suppress(ConnectionResetError):
        yield kind_of(made, chance, clock)
