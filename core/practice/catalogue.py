"""What the practice shop sells: an invented milk-powder and baby shop, for training, demo and tests."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PracticeSku:
    """One thing on sale. `components` (code, quantity) makes it a bundle, without stock of its own at a desk.

    `cartons` are (barcode, pieces in the carton). Weights in grams, money in fen.
    """

    code: str
    title: str
    spec: str
    price_fen: int
    weight_g: int
    opening_qty: int
    barcodes: Sequence[str] = ()
    cartons: Sequence[tuple[str, int]] = ()
    components: Sequence[tuple[str, int]] = ()
    is_gift: bool = False

    @property
    def is_bundle(self) -> bool:
        """Whether it is put together from other SKUs at the desk."""
        return bool(self.components)

    @property
    def picture_path(self) -> str:
        """Where the shop shows its picture."""
        return f"/pictures/{self.code}.png"

    @property
    def has_no_barcode(self) -> bool:
        """Whether the clerk has to confirm it by key and picture: goods, but nothing to scan."""
        return not self.barcodes and not self.is_bundle


def ean13(twelve: str) -> str:
    """The twelve digits and their check digit (weights 1 and 3 from the left)."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return f"{twelve}{-total % 10}"


def _unit(number: int) -> str:
    # 20-29 is the range for numbers inside one shop: they can collide with no real article
    return ean13(f"2901000{number:05d}")


def _carton(number: int) -> str:
    return ean13(f"2902000{number:05d}")


def practice_catalogue() -> Sequence[PracticeSku]:
    """Every SKU of the practice shop, bundles last, in a fixed order; codes and barcodes never change."""
    return (
        *_milk(),
        *_care(),
        PracticeSku(
            "ZH-001",
            "新生儿礼盒组合装",
            "1段奶粉×1 + 奶瓶×1 + 湿巾×2",
            39900,
            1720,
            400,
            components=(("MF-101", 1), ("NP-301", 1), ("SJ-402", 2)),
        ),
        PracticeSku(
            "ZH-002",
            "2段奶粉囤货组合装",
            "2段奶粉×3 + 口水巾×1",
            78800,
            2980,
            400,
            components=(("MF-102", 3), ("KS-501", 1)),
        ),
    )


def _milk() -> Sequence[PracticeSku]:
    cow, goat = "团团熊婴幼儿配方奶粉", "小羊咩咩婴幼儿配方羊奶粉"
    return (
        PracticeSku("MF-101", cow, "1段 800g", 26800, 960, 3000, (_unit(101),), ((_carton(101), 6),)),
        PracticeSku("MF-102", cow, "2段 800g", 25800, 960, 3000, (_unit(102),), ((_carton(102), 6),)),
        PracticeSku("MF-103", cow, "3段 800g", 23800, 960, 3000, (_unit(103),), ((_carton(103), 6),)),
        PracticeSku("MF-113", cow, "3段 400g", 13800, 510, 2400, (_unit(113), _unit(193)), ((_carton(113), 12),)),
        PracticeSku("MF-201", goat, "1段 700g", 35800, 870, 1500, (_unit(201),), ((_carton(201), 6),)),
        PracticeSku("MF-202", goat, "2段 700g", 34800, 870, 1500, (_unit(202),), ((_carton(202), 6),)),
        PracticeSku("MF-301", "暖暖妈妈孕产妇奶粉", "800g", 18800, 960, 1200, (_unit(301),), ((_carton(301), 6),)),
        PracticeSku("FS-101", "田田高铁米粉", "原味 225g", 4900, 290, 2400, (_unit(411),), ((_carton(411), 24),)),
        PracticeSku("FS-102", "田田高铁米粉", "南瓜味 225g", 4900, 290, 2400, (_unit(412),), ((_carton(412), 24),)),
        PracticeSku("FS-201", "田田水果泥", "苹果香蕉 100g", 1290, 118, 4800, (_unit(421),), ((_carton(421), 24),)),
    )


def _care() -> Sequence[PracticeSku]:
    nappy = "软云婴儿纸尿裤"
    return (
        PracticeSku("ZN-201", nappy, "S码 58片", 9900, 1450, 1800, (_unit(511),), ((_carton(511), 4),)),
        PracticeSku("ZN-202", nappy, "M码 50片", 9900, 1480, 1800, (_unit(512),), ((_carton(512), 4),)),
        PracticeSku("ZN-203", nappy, "L码 44片", 9900, 1500, 1800, (_unit(513),), ((_carton(513), 4),)),
        PracticeSku("SJ-401", "软云婴儿湿巾", "80抽", 1290, 420, 3600, (_unit(521),), ((_carton(521), 24),)),
        PracticeSku("SJ-402", "软云婴儿湿巾", "25抽 便携装", 490, 130, 4800, (_unit(522),), ((_carton(522), 48),)),
        PracticeSku("NP-301", "咕嘟玻璃奶瓶", "240ml", 7900, 310, 900, (_unit(611),)),
        PracticeSku("NP-302", "咕嘟PPSU奶瓶", "300ml", 12900, 220, 900, (_unit(612),)),
        PracticeSku("KS-501", "棉花糖口水巾", "白色 5条装", 2900, 150, 1500, (_unit(711),)),
        PracticeSku("KS-502", "棉花糖口水巾", "浅蓝 5条装", 2900, 150, 1500, (_unit(712),)),
        # hand-made: there is nothing to scan on it
        PracticeSku("WJ-601", "手工编织安抚小熊", "米色", 5900, 180, 600),
        PracticeSku("ZP-901", "奶粉试用装", "3段 25g", 0, 32, 6000, (_unit(901),), is_gift=True),
        PracticeSku("ZP-902", "卡通贴纸", "一张", 0, 8, 6000, (_unit(902),), is_gift=True),
    )
