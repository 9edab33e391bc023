"""How the page of after-sale cases says things."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from core.aftersale.records import CaseDetail, CaseRow, UnreadShop
from core.aftersale.states import NextStep
from core.channels.aftersale_contract import AfterSaleState
from desktop.formats import moment_text, time_text
from desktop.texts import Texts

_TONES: Final[Mapping[AfterSaleState, str]] = {
    AfterSaleState.REQUESTED: "notice",
    AfterSaleState.TO_RETURN: "busy",
    AfterSaleState.RETURNING: "busy",
    AfterSaleState.AGREED: "busy",
    AfterSaleState.DONE: "good",
    AfterSaleState.UNKNOWN: "stop",
}
#: so near to its end an answer is pressing
_SOON: Final = timedelta(hours=2)
#: looks of the sentence that says what to do
_LOOKS: Final[Mapping[NextStep, str]] = {
    NextStep.KEEP_AND_ANSWER: "stop",
    NextStep.ANSWER: "notice",
    NextStep.RECEIVE: "notice",
    NextStep.SEND_AGAIN: "notice",
    NextStep.LOOK_THERE: "stop",
}


def tone_of(row: CaseRow) -> str:
    """The colour of a state."""
    return _TONES.get(row.state, "quiet")


def state_text(row: CaseRow, texts: Texts) -> str:
    """The state in the clerk's words."""
    return texts.t(f"after_sale.state.{row.state.value}")


def until_text(row: CaseRow, now: datetime, texts: Texts) -> str:
    """Until when the shop has to answer, where that still matters."""
    if row.answer_by_at is None or row.state is not AfterSaleState.REQUESTED:
        return ""
    left = row.answer_by_at - now
    if left <= timedelta():
        return texts.t("after_sale.until.over", at=time_text(row.answer_by_at, now, texts))
    if left <= _SOON:
        return texts.t("after_sale.until.minutes", n=max(left // timedelta(minutes=1), 1))
    if left <= timedelta(days=1):
        return texts.t("after_sale.until.hours", n=left // timedelta(hours=1))
    return moment_text(row.answer_by_at)


def next_look(detail: CaseDetail) -> str:
    """How loud the sentence is."""
    return _LOOKS.get(detail.next, "secondary")


def unread_text(shops: tuple[UnreadShop, ...], now: datetime, texts: Texts) -> str:
    """Which shops' cases cannot be read; empty where all can."""
    if not shops:
        return ""
    first = shops[0]
    code = "after_sale.unread" if len(shops) == 1 else "after_sale.unread_many"
    since = time_text(min(one.since for one in shops), now, texts)
    names = texts.t("limits.and_shop").join(one.name for one in shops)
    return texts.t(code, shop=names, since=since, error=first.error)
