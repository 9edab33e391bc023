"""Realistic mixed orders for the practice shop, the same for the same seed."""

import random
from collections.abc import Iterator, Sequence

from core.practice.catalogue import PracticeSku
from core.practice.people import Receiver, invented_receiver
from core.practice.shop import DraftLine, OrderDraft, PracticeShop

_BUYER_NOTES = (
    "请发最新日期的,谢谢",
    "周末不在家,放菜鸟驿站",
    "不要放快递柜,宝宝睡觉请勿敲门",
    "送人的,请不要放价格单",
    "尽快发货",
)
_SELLER_NOTES = ("老客户,多放两张贴纸", "客户要求发德邦以外的快递", "已电话确认地址")


def generate_orders(shop: PracticeShop, n: int, seed: int, *, paid_share: float = 1.0) -> Sequence[str]:
    """Place `n` orders and pay about `paid_share` of them; their numbers.

    Every 25 orders hold at least one of each hard case: a bundle, a gift line, goods without a barcode,
    quantity 24, a note, one buyer twice at one address.

    Raises:
        RefusalError: `out_of_stock`; the practice shop is sold out.
    """
    chance = random.Random(seed)  # noqa: S311  (the same orders for the same seed is the purpose)
    placed = []
    for draft in _drafts(shop.catalogue, n, chance):
        is_paid = chance.random() < paid_share
        placed.append(shop.place_order(draft, is_paid=is_paid))
    return placed


def _drafts(catalogue: Sequence[PracticeSku], n: int, chance: random.Random) -> Iterator[OrderDraft]:
    goods = [sku for sku in catalogue if not sku.is_gift and not sku.is_bundle and sku.barcodes]
    gifts = [sku for sku in catalogue if sku.is_gift]
    bundles = [sku for sku in catalogue if sku.is_bundle]
    unscannable = [sku for sku in catalogue if sku.has_no_barcode]
    small = [sku for sku in goods if any(qty >= 24 for _, qty in sku.cartons)]
    last: tuple[str, Receiver] | None = None
    for place in range(n):
        case = place % 25
        wishes = {sku.code: _usual_qty(chance) for sku in chance.sample(goods, _usual_lines(chance))}
        if case == 3:
            wishes = {chance.choice(small).code: 24}
        elif case in {6, 17}:
            wishes = {chance.choice(bundles).code: 1} | (wishes if case == 17 else {})
        elif case in {9, 20}:
            wishes[chance.choice(unscannable).code] = 1
        if case in {4, 11, 18} or chance.random() < 0.1:
            wishes[chance.choice(gifts).code] = 1
        if case == 14 and last is not None:
            buyer, receiver = last
        else:
            receiver = invented_receiver(chance)
            buyer = f"lx{chance.randrange(16**6):06x}"
        last = (buyer, receiver)
        yield OrderDraft(
            buyer_key=buyer,
            buyer_name=f"练习买家{buyer[-4:]}",
            receiver=receiver,
            lines=[DraftLine(sku, qty) for sku, qty in wishes.items()],
            buyer_note=chance.choice(_BUYER_NOTES) if case == 2 or chance.random() < 0.15 else "",
            seller_note=chance.choice(_SELLER_NOTES) if case == 12 else "",
            ship_within_h=chance.choice((24, 48, 48, 72)),
        )


def _usual_lines(chance: random.Random) -> int:
    return chance.choices((1, 2, 3, 5), weights=(60, 25, 12, 3))[0]


def _usual_qty(chance: random.Random) -> int:
    return chance.choices((1, 2, 3, 6), weights=(62, 22, 10, 6))[0]
