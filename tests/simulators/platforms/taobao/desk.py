"""What all methods of the simulated gateway share: the shop, its seller, the app, and what the platform remembers."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.simulators.platforms.shop import Line, Order, Person, Shop
from tests.simulators.platforms.taobao.gateway import BEIJING, business, invalid


@dataclass(frozen=True, slots=True)
class App:
    """An app of the open platform; `can_refresh`: sold on the service market, so its tokens can be renewed."""

    key: str = "12345678"
    secret: str = "helloworld"
    redirect_uri: str = "http://127.0.0.1:8765/taobao"
    can_refresh: bool = False


@dataclass(frozen=True, slots=True)
class Seller:
    """Whose shop it is; `kind` B is Tmall, C is Taobao. `sub_stock` 1 deducts when placed, 2 when paid."""

    user_id: int = 2_200_112_233
    nick: str = "练习旗舰店"
    kind: str = "B"
    sub_stock: int = 1


@dataclass(slots=True)
class Session:
    """A token and until when it lives."""

    token: str
    expires_at: datetime
    is_revoked: bool = False


@dataclass(slots=True)
class Desk:
    """The state behind the gateway."""

    shop: Shop
    app: App
    seller: Seller
    now: Callable[[], datetime]
    sessions: dict[str, Session] = field(default_factory=dict)
    #: increments of Tmall that were applied: key -> answer
    applied_keys: dict[str, dict[str, object]] = field(default_factory=dict)
    item_modified: dict[str, datetime] = field(default_factory=dict)
    #: online.send without a number: tid -> carrier
    waiting_numbers: dict[str, str] = field(default_factory=dict)
    born: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.born = self.shop.now()

    def order(self, tid: str) -> Order:
        """A trade."""
        found = self.shop.orders.get(tid)
        if found is None:
            raise business("isv.trade-not-exist", "交易不存在")
        return found

    def oid(self, order: Order, line: Line) -> str:
        """A line's number: of a trade with one line the trade's."""
        return order.no if len(order.lines) == 1 else line.no

    def line_by_oid(self, order: Order, oid: str) -> Line:
        """The line behind a number."""
        for line in order.lines:
            if self.oid(order, line) == oid:
                return line
        raise invalid("sub_tid")

    def oaid(self, order: Order) -> str:
        """The receiver's token: another one in another week, shop or app, and after a change of the address."""
        person, created = order.person, order.placed_at.astimezone(BEIJING)
        monday = (created - timedelta(days=created.weekday())).date()
        parts = (person.name, person.phone, person.province, person.city, person.district, person.address)
        text = "\x1f".join([*parts, str(monday), str(self.seller.user_id), self.app.key])
        return "1" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest() * 2).decode().rstrip("=")

    def buyer_open_uid(self, order: Order) -> str:
        """The buyer's key, the same in all orders that this app sees."""
        digest = hashlib.sha256(f"{order.buyer}\x1f{self.app.key}".encode()).digest()
        return "AAH" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def place_of(person: Person) -> tuple[str, ...]:
    """Where a parcel goes and to whom."""
    return (person.name, person.phone, person.province, person.city, person.district, person.town, person.address)


def yuan(fen: int) -> str:
    """Money as the platform writes it."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"
