"""What the platforms' words for states mean. An unknown word is refused: it might mean that nothing may be sent.

The words are those of the exported tables (see `presets`) and of the backends' order lists.
"""

import re
from dataclasses import dataclass, replace

_NOISE = re.compile(r"[\s，,。、:：()（）]+")


@dataclass(frozen=True, slots=True)
class State:
    """Where an order (or one of its lines) stands."""

    is_paid: bool
    is_closed: bool = False
    is_shipped: bool = False
    is_completed: bool = False
    #: somebody wants it stopped: a person has to look
    asks_refund: bool = False
    is_refunded: bool = False


PAID = State(is_paid=True)
UNPAID = State(is_paid=False)
SHIPPED = replace(PAID, is_shipped=True)
COMPLETED = replace(SHIPPED, is_completed=True)
CLOSED = State(is_paid=True, is_closed=True)
REFUNDED = replace(CLOSED, is_refunded=True)
STOPPED = replace(PAID, asks_refund=True)

#: the first word that is found in the state decides
_STATES = (
    ("退款成功", REFUNDED),
    ("已退款", REFUNDED),
    ("已取消", CLOSED),
    ("交易关闭", CLOSED),
    ("订单关闭", CLOSED),
    ("已关闭", CLOSED),
    ("删除", CLOSED),
    ("锁定", STOPPED),
    ("暂停", STOPPED),
    ("退款中", STOPPED),
    ("售后中", STOPPED),
    ("等待买家付款", UNPAID),
    ("等待付款", UNPAID),
    ("待付款", UNPAID),
    ("待支付", UNPAID),
    ("未付款", UNPAID),
    ("待分享", UNPAID),
    ("待成团", UNPAID),
    ("部分发货", PAID),
    ("交易成功", COMPLETED),
    ("已完成", COMPLETED),
    ("已收货", COMPLETED),
    ("已签收", COMPLETED),
    ("已评价", COMPLETED),
    ("等待确认收货", SHIPPED),
    ("卖家已发货", SHIPPED),
    ("已发货", SHIPPED),
    ("待收货", SHIPPED),
    ("待签收", SHIPPED),
    ("已出库", SHIPPED),
    ("等待卖家发货", PAID),
    ("买家已付款", PAID),
    ("等待出库", PAID),
    ("待出库", PAID),
    ("待发货", PAID),
    ("备货中", PAID),
    ("已付款", PAID),
    ("已支付", PAID),
)
_WHOLE = {
    "完成": COMPLETED,
    "unpaid": UNPAID,
    "paid": PAID,
    "shipped": SHIPPED,
    "completed": COMPLETED,
    "cancelled": CLOSED,
    "closed": CLOSED,
    "refunded": REFUNDED,
    "stopped": STOPPED,
}
_GRANTED = ("退款成功", "已退款", "全额退款", "退款完成", "退货退款成功", "refunded")
_NOTHING_WANTED = (
    "无售后",
    "售后取消",
    "没有申请",
    "无退款",
    "未申请",
    "售后关闭",
    "退款关闭",
    "售后已关闭",
    "none",
)


def state_of(word: str) -> State | None:
    """What a state means; None for a word nobody knows. No word at all is a paid order: it stands in the table."""
    plain = _NOISE.sub("", word)
    if not plain:
        return PAID
    known = _WHOLE.get(plain.lower())
    if known is not None:
        return known
    return next((state for part, state in _STATES if part in plain), None)


def after_sale_of(word: str) -> str:
    """The after-sale word. What nobody knows is taken for a request: a person looks before anything leaves."""
    plain = _NOISE.sub("", word).lower()
    if not plain or any(part in plain for part in _NOTHING_WANTED) or plain in {"-", "无", "否", "0"}:
        return "none"
    return "refunded" if any(part in plain for part in _GRANTED) else "requested"


def word_of(state: State) -> str:
    """The word under which we write a state, read back as the same."""
    for word, known in (
        ("退款成功", REFUNDED),
        ("已关闭", CLOSED),
        ("已完成", COMPLETED),
        ("已发货", SHIPPED),
        ("待付款", UNPAID),
    ):
        if replace(state, asks_refund=False) == known:
            return word
    return "待发货"
