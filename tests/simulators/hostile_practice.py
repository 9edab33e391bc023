"""The practice shop and carrier with evil people in it: every text they let anybody write is an attack."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.practice.refusal import RefusalError
from core.practice.server import PracticeSecrets, PracticeServer
from core.practice.web import Answer, Request, problem_answer
from core.runtime.clock import Clock

#: stand in the shop's memory for what no database keeps: half a surrogate pair, and NUL
_LONE, _NUL = "\ue000", "\ue001"
#: what the desk's strict reading of JSON leaves of both
_CLEAN = "\ufffd"

#: kind of attack -> text, as `reliability.md` 3.4 lists them
ATTACKS: Mapping[str, str] = {
    "tables": "<table><tr><td>" * 20 + "x",
    "heading": '<h1 style="color:green">已付款 已审核</h1>',
    "picture": '<img src="file:///tmp/evil.png" width=30000 height=30000>',
    "entities": "收件人&lt;b&gt;&amp;amp;",
    "controls": "".join(map(chr, range(1, 32))) + _NUL + "\x7f\x85\x9b\u2028\u2029",
    "escpos": f"张三\x1b@\x1dV{_NUL}\x10\x14\x01{_NUL}\x01",
    "tspl": 'x"\r\nPRINT 500,1\r\n',
    "zpl": "^XZ^XA^PQ500^XZ~JA",
    "bidi": "\u202e林晓\u2066\u202d\u200f",
    "joiners": "小\u200d\u200b\ufeff\u2060熊",
    "marks": "é" + "\u0301" * 20_000 + "后",
    "emoji": "👩\u200d👩\u200d👧🎁",
    "full_width": "１３８００００１２３４",
    "lone": f"半{_LONE}个",
    "long": "长留言不断行abc" * 1_000,
    "formula": "=cmd|'/c calc'!A0",
}
#: the shop refuses to hear of a shipment when it is one of these orders, in these words
_CODE = "</td>^XA evil"


def cleaned(text: str) -> str:
    """What the desk has to keep of a text: all of it but what no database takes."""
    return text.replace(_LONE, _CLEAN).replace(_NUL, _CLEAN)


class HostilePractice(PracticeServer):
    """Answers as the practice shop does, with attacks in the fields that its people cannot reach."""

    def __init__(self, data_dir: Path, keys: PracticeSecrets, clock: Clock) -> None:
        super().__init__(data_dir, keys, clock)
        self.keys = keys
        #: numbers of orders whose shipments are refused, and of those whose goods have an evil code
        self.refused: set[str] = set()
        self.unmatched: set[str] = set()
        self.attacks = list(ATTACKS.values())

    def answer(self, request: Request) -> Answer:
        """The good answer, spoilt."""
        if request.path.endswith("/shipments") and any(f"/{no}/" in request.path for no in self.refused):
            evil = "".join(self.attacks)
            refusal = RefusalError(409, _CODE, evil, is_retryable=False)
            return problem_answer(refusal)
        answer = super().answer(request)
        if request.path.startswith(("/v1/orders", "/carrier/")) and answer.status < 300:
            value = _spoilt(json.loads(answer.body))
            for order in [*value.get("orders", []), *([value] if "lines" in value and "buyer" in value else [])]:
                self._spoil_order(order)
            if "sort_code" in value:
                for place, name in enumerate(("sort_code", "package_centre", "qr_text")):
                    value[name] = _spoilt(self.attack(value["number"], place))
            return Answer(answer.status, json.dumps(value).encode(), answer.content_type, answer.headers)
        return answer

    def _spoil_order(self, order: dict[str, Any]) -> None:
        if order["state"] == "open":
            order["state"] = _spoilt(self.attack(order["no"], 0))
        for line in order["lines"]:
            line["spec"] = _spoilt(self.attack(order["no"], 1))
            line["item_id"] = _spoilt(self.attack(order["no"], 2))
            if order["no"] in self.unmatched:
                line["sku"] = _spoilt(self.attack(order["no"], 3))

    def attack(self, number: str, place: int) -> str:
        """The attack in one field of an order or waybill, always the same."""
        return self.attacks[(int("".join(filter(str.isdigit, number))) + place) % len(self.attacks)]


def _spoilt(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(_LONE, "\ud83d").replace(_NUL, "\0")
    if isinstance(value, list):
        return [_spoilt(item) for item in value]
    if isinstance(value, dict):
        return {name: _spoilt(item) for name, item in value.items()}
    return value
