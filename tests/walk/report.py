"""The table and the figures of a recorded run, in the language of its screen."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from tests.walk.stranger import patterns_of

#: sentences of a parcel that goes as it should
_USUAL = (
    "packing.idle",
    "packing.scan_goods",
    "packing.printing",
    "packing.await_number",
    "packing.scan_label",
    "packing.shipped",
    "packing.complete",
)
_HEADS = {
    "en": (
        "#",
        "what happened",
        "pieces",
        "scans",
        "keys",
        "s",
        "hands",
        "net",
        "what the screen said besides",
        "end",
    ),
    "zh_CN": ("#", "发生了什么", "件", "扫描", "按键", "秒", "手", "净", "屏幕另外说了什么", "结果"),
}
_FIGURES = {
    "en": ("seconds per parcel", "of these the hands", "net of the hands", "answers, ms"),
    "zh_CN": ("每个包裹（秒）", "其中手的时间", "除去手的时间", "回答（毫秒）"),
}
_SPREAD = {"en": ("", "median", "p90", "most"), "zh_CN": ("", "中位数", "p90", "最多")}
_TRICKS = {
    "rare characters": "生僻字",
    "short": "缺货",
    "refund midway": "装箱中途退款",
    "one buyer, two orders": "同一买家两单",
    "refund after the label": "出面单后退款",
    "same SKU twice": "同一商品两行",
    "two boxes": "分两箱",
    "quantity 24": "数量 24",
    "no barcode, gift": "无条码、赠品",
    "paper out": "缺纸",
    "swapped labels, first": "换错面单之一",
    "swapped labels, second": "换错面单之二",
    "torn label": "面单撕坏",
    "printer unplugged": "打印机断线",
    "unpaid, then paid": "先未付款后付款",
    "wrong item": "拿错商品",
    "a scan taken back": "撤回一次扫描",
    "goods scanned instead of the label": "把商品当面单扫",
}


def report(result: Mapping[str, Any]) -> str:
    """Markdown: one row a parcel, then how the figures are spread."""
    language = result["language"]
    rows = [_HEADS[language], ("---",) * len(_HEADS[language])]
    rows += [_row(number, parcel, language) for number, parcel in enumerate(result["parcels"], 1)]
    parcels = result["parcels"]
    values = (
        [parcel["seconds"] for parcel in parcels],
        [parcel["hands_s"] for parcel in parcels],
        [parcel["seconds"] - parcel["hands_s"] for parcel in parcels],
        [ms for parcel in parcels for ms in parcel["answers_ms"]],
    )
    spread = [_SPREAD[language], ("---",) * 4]
    spread += [(name, *_spread(numbers)) for name, numbers in zip(_FIGURES[language], values, strict=True)]
    return f"{_table(rows)}\n\n{_table(spread)}\n"


def _row(number: int, parcel: Mapping[str, Any], language: str) -> tuple[str, ...]:
    trick = parcel["trick"]
    return (
        str(number),
        (_TRICKS.get(trick, trick) if language == "zh_CN" else trick) or "",
        str(parcel["pieces"]),
        str(parcel["scans"]),
        str(parcel["keys"]),
        f"{parcel['seconds']:.1f}",
        f"{parcel['hands_s']:.1f}",
        f"{parcel['seconds'] - parcel['hands_s']:.1f}",
        "; ".join(_besides(parcel, language)),
        parcel["end"].split(" / ")[0],
    )


def _besides(parcel: Mapping[str, Any], language: str) -> Sequence[str]:
    usual = [patterns_of(language)[code] for code in _USUAL]
    said = [text.split(" / ")[0] for text in parcel["asked"]]
    last = parcel["end"].split(" / ")[0]
    unusual = [text for text in said if text != last and not any(one.fullmatch(text) for one in usual)]
    return list(dict.fromkeys(unusual))


def _spread(values: Sequence[float]) -> tuple[str, str, str]:
    ordered = sorted(values)
    return tuple(
        f"{value:.1f}" for value in (statistics.median(ordered), ordered[int(len(ordered) * 0.9)], ordered[-1])
    )  # type: ignore[return-value]  # three of them


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
