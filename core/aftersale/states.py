"""Where a case stands: its pile, and what a clerk does next."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState

S = AfterSaleState

#: the states of each pile; `all` holds every case
PILES: Final[Mapping[str, tuple[AfterSaleState, ...]]] = {
    "to_answer": (S.REQUESTED,),
    "on_way": (S.TO_RETURN, S.RETURNING),
    "agreed": (S.AGREED,),
    "done": (S.DONE, S.REFUSED, S.CLOSED),
    "unknown": (S.UNKNOWN,),
    "all": (),
}


class NextStep(StrEnum):
    """What is to be done about a case."""

    #: the goods are here: leave them here, and answer at the platform
    KEEP_AND_ANSWER = "keep_and_answer"
    #: the goods are on their way to the buyer, or there: answer at the platform
    ANSWER = "answer"
    #: nothing to do until the buyer sends the goods
    AWAIT_GOODS = "await_goods"
    #: receive the goods when they come, and then confirm at the platform
    RECEIVE = "receive"
    #: the platform pays back: nothing to do
    AWAIT_MONEY = "await_money"
    #: send other goods, as was agreed
    SEND_AGAIN = "send_again"
    #: the buyer may still ask the platform
    MAY_COME_BACK = "may_come_back"
    NOTHING = "nothing"
    #: the platform's word means nothing to this version
    LOOK_THERE = "look_there"


def next_step(state: AfterSaleState, kind: AfterSaleKind, *, has_left: bool) -> NextStep:
    """What a clerk does; `has_left`: the goods went out to the buyer."""
    if state is S.REQUESTED:
        return NextStep.ANSWER if has_left else NextStep.KEEP_AND_ANSWER
    if state is S.AGREED:
        sends = kind in (AfterSaleKind.EXCHANGE, AfterSaleKind.REPAIR, AfterSaleKind.RESEND)
        return NextStep.SEND_AGAIN if sends else NextStep.AWAIT_MONEY
    return {
        S.TO_RETURN: NextStep.AWAIT_GOODS,
        S.RETURNING: NextStep.RECEIVE,
        S.REFUSED: NextStep.MAY_COME_BACK,
        S.UNKNOWN: NextStep.LOOK_THERE,
    }.get(state, NextStep.NOTHING)
