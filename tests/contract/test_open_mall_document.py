"""The published contract says what the program does: its examples are read, its codes are those in use."""

import json
import re
from pathlib import Path

from core.channels.mall.mapper import order_of, page_of

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "open-mall-contract.md").read_text("utf-8")
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)]


def test_the_example_order_is_an_order() -> None:
    (raw,) = [example for example in EXAMPLES if "payment" in example]

    order = order_of(raw)

    assert (order.order_no, order.payment, len(order.lines)) == ("LX2611230000001", "partly_refunded", 2)
    assert order.amount_fen == sum(line.qty * line.unit_price_fen for line in order.lines) + order.freight_fen
    assert page_of({"orders": [raw], "next_cursor": None}) == (((order,), ()), None)


def test_every_field_of_the_example_is_explained() -> None:
    (raw,) = [example for example in EXAMPLES if "payment" in example]
    table = DOCUMENT.partition("## 3.")[2].partition("## 4.")[0].partition("| field |")[2]
    names = {*raw, *raw["lines"][0], *raw["consignee"], *raw["buyer"]}

    assert {name for name in names if not re.search(rf"[`.]{name}[`.]", table)} == set()


def test_every_code_of_the_mall_is_in_the_document_and_the_other_way_round() -> None:
    practice = ROOT / "core" / "practice"
    mall = [
        practice / f"{name}.py" for name in ("mall_api", "mall_side", "orders", "stock", "refusal", "door", "web")
    ]
    used = set(re.findall(r'RefusalError\(\s*\d+,\s*"(\w+)"', "".join(path.read_text("utf-8") for path in mall)))
    server = (practice / "server.py").read_text("utf-8")
    used |= set(re.findall(r'RefusalError\(41[13], "(\w+)"', server)) | {"invalid"}
    table = DOCUMENT.partition("## 5.")[2].partition("What Packdesk makes")[0]
    told = set(re.findall(r"`([a-z_]+)`", "\n".join(row for row in table.splitlines() if re.match(r"\| \d", row))))

    # the practice mall never has too many calls, and people's verbs alone find nothing left to buy
    assert used - {"out_of_stock"} == told - {"rate_limited", "unavailable", "lines"}
