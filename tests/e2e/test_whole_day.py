"""A shop's day: 120 orders out of four platforms' files, 40 from a shop, 10 by hand; printed on four languages, handed over."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from core.app import Core
from core.practice.catalogue import practice_catalogue
from core.practice.server import kept_secrets
from desktop.composition import Desk
from tests.e2e.day_printers import four_printers
from tests.e2e.whole_day import WholeDay, running_desk
from tests.support.practice_control import PracticeControl

pytestmark = [pytest.mark.slow]


class PracticeOrders:
    """Forty orders at the practice shop, over its HTTP."""

    def __init__(self, desk: Desk) -> None:
        assert desk.practice is not None
        self._shop_id = desk.practice.shop_id
        keys = kept_secrets(desk.core.config.folder / "practice").control
        clock = desk.core.config.clock
        self._control = PracticeControl(
            desk.practice.address(), keys.key, keys.secret, lambda: clock.now().timestamp()
        )
        self._parts = {sku.code: dict(sku.components) for sku in practice_catalogue() if sku.is_bundle}

    def open(self, core: Core) -> int:
        return self._shop_id

    def buy(self) -> Mapping[str, Mapping[str, int]]:
        numbers = self._control.post("generate", n=40, seed=3)["orders"]
        return {no: self._goods(self._control.get(f"orders/{no}")["lines"]) for no in numbers}

    def _goods(self, lines: Sequence[Mapping[str, object]]) -> Mapping[str, int]:
        goods: dict[str, int] = {}
        for line in lines:
            code, qty = str(line["sku"]), int(str(line["qty"]))
            for part, units in self._parts.get(code, {code: 1}).items():
                goods[part] = goods.get(part, 0) + qty * units
        return goods

    def cancel(self, order_no: str) -> None:
        self._control.post(f"orders/{order_no}/cancel")

    def told(self, order_no: str) -> Sequence[str]:
        order = self._control.get(f"orders/{order_no}")
        return [parcel["no"] for parcel in order["shipments"]] if order["state"] == "shipped" else []


def test_a_whole_day(tmp_path: Path, qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    with four_printers(monkeypatch) as printers, running_desk(tmp_path) as desk:
        day = WholeDay(desk, PracticeOrders(desk), printers, tmp_path)
        day.play()
    print(f"seconds: {day.stages}")
