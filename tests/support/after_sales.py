"""A shop in memory that tells after-sale cases, and cases to be told."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from core.channels.aftersale_contract import AfterSaleKind, AfterSalePage, AfterSaleState, ChannelAfterSale
from core.runtime.clock import Clock
from tests.support.fake_shop import FakeShop


def case(no: str, order_no: str, at: datetime, **more: Any) -> ChannelAfterSale:
    """A refund that is asked for, unless something else is said."""
    facts: dict[str, Any] = {
        "lines": (("1", 1),),
        "kind": AfterSaleKind.REFUND,
        "state": AfterSaleState.REQUESTED,
        "channel_state": "WAIT_SELLER_AGREE",
        "refund_fen": 1000,
        "requested_at": at,
        "reason": "林晓不想要了",
    } | more
    facts.setdefault("raw", {"id": no, "state": str(facts["state"]), "why": facts["reason"]})
    return ChannelAfterSale(case_no=no, order_no=order_no, modified_at=at, **facts)


class FakeTeller(FakeShop):
    """Implements `core.channels.aftersale_contract.AfterSaleChannel` beside the orders."""

    def __init__(self, clock: Clock, **more: Any) -> None:
        super().__init__(clock, tells_after_sales=True, overlap_s=60, safety_lag_s=0, **more)
        self._time = clock
        self.cases: dict[str, ChannelAfterSale] = {}
        #: raised by the next questions for cases
        self.case_faults: list[Exception] = []
        self.asked_since: list[datetime] = []

    def say(self, told: ChannelAfterSale) -> None:
        """The platform has a case, or its newer state."""
        self.cases[told.case_no] = told

    def goes_on(self, no: str, state: AfterSaleState, **more: Any) -> None:
        """A case changes."""
        self.cases[no] = replace(self.cases[no], state=state, modified_at=self._time.now(), **more)

    def pull_after_sales(self, since: datetime, cursor: str | None) -> AfterSalePage:
        """A page of one case, by number."""
        if self.case_faults:
            raise self.case_faults.pop(0)
        self.asked_since.append(since)
        changed = [one for _, one in sorted(self.cases.items()) if one.modified_at >= since]
        place = int(cursor or 0)
        more = str(place + 1) if place + 1 < len(changed) else None
        return AfterSalePage(changed[place : place + 1], more, self._time.now())

    def get_after_sale(self, case_no: str, order_no: str) -> ChannelAfterSale | None:
        """One case."""
        found = self.cases.get(case_no)
        return found if found is not None and found.order_no == order_no else None
