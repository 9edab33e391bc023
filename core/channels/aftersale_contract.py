"""What channels that tell about refunds, returns and exchanges speak in addition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from core.channels.contract import Unread


class AfterSaleKind(StrEnum):
    """What the buyer wants."""

    #: money back, the goods were not sent or are not sent back
    REFUND = "refund"
    #: money back for goods that are sent back
    RETURN = "return"
    EXCHANGE = "exchange"
    REPAIR = "repair"
    #: goods that were missing or broken are sent once more
    RESEND = "resend"
    OTHER = "other"


class AfterSaleState(StrEnum):
    """How far it is; every platform's own words are mapped to these."""

    #: the shop has to answer
    REQUESTED = "requested"
    #: the buyer has to send the goods
    TO_RETURN = "to_return"
    #: the goods are on the way back, the shop has to confirm that they came
    RETURNING = "returning"
    #: agreed; the money, or the other goods, are still to come
    AGREED = "agreed"
    #: done: the money went back, or the goods were exchanged
    DONE = "done"
    #: refused by the shop; the buyer may still ask the platform
    REFUSED = "refused"
    #: withdrawn or run out
    CLOSED = "closed"
    #: a word of the platform's that this version does not know: a person looks
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ChannelAfterSale:
    """One after-sale case as the platform says it now.

    Attributes:
        case_no: the platform's number of it.
        order_no: the platform's order.
        lines: (line number, units); empty where the case is about the whole order or the platform does not say.
        kind: what the buyer wants.
        state: how far it is.
        channel_state: the platform's own word.
        refund_fen: what the buyer gets back.
        modified_at: when it changed last.
        requested_at: when the buyer asked.
        goods_were_sent: whether the goods had left when the buyer asked; None where the platform does not say.
        answer_by_at: until when the shop has to answer, where the platform says.
        return_carrier: who brings the goods back, as the platform writes it.
        return_waybill_no: under which number.
        reason: in the buyer's or the platform's words; foreign text.
        raw: the reply's JSON.
    """

    case_no: str
    order_no: str
    lines: Sequence[tuple[str, int]]
    kind: AfterSaleKind
    state: AfterSaleState
    channel_state: str
    refund_fen: int
    modified_at: datetime
    requested_at: datetime
    goods_were_sent: bool | None = None
    answer_by_at: datetime | None = None
    return_carrier: str = ""
    return_waybill_no: str = ""
    reason: str = ""
    raw: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AfterSalePage:
    """One page of a window; as `OrderPage`."""

    cases: Sequence[ChannelAfterSale]
    next_cursor: str | None
    server_time: datetime
    whole_until: datetime | None = None
    unread: Sequence[Unread] = ()


@runtime_checkable
class AfterSaleChannel(Protocol):
    """A shop that tells its after-sale cases apart from its orders. Raises the five errors and nothing else."""

    def pull_after_sales(self, since: datetime, cursor: str | None) -> AfterSalePage:
        """Cases modified at or after `since`, as `Channel.pull_orders`."""
        ...

    def get_after_sale(self, case_no: str, order_no: str) -> ChannelAfterSale | None:
        """The newest state of one case, None where the platform does not know it."""
        ...
