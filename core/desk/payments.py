"""Payments of own malls as the desk asks for them: gateways, what was asked, and the daily comparison."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy.engine import Connection

from core.access.gate import needs
from core.access.rights import Right
from core.db.unit_of_work import Store
from core.desk.writing_out import write_out
from core.payments import queries
from core.payments.records import (
    BillView,
    DifferencePage,
    GatewayDraft,
    GatewayView,
    PaidShop,
    QuestionPage,
)
from core.runtime.errors import DomainError, Refused, Unavailable
from core.runtime.first_of import FirstOf
from core.runtime.money import yuan_text

if TYPE_CHECKING:
    from core.payments.bills import Bills
    from core.payments.contract import Gateway
    from core.payments.gateways import GatewayRecord
    from core.runtime.remote_errors import ChannelError

_HEADER: Final = (
    "差异",
    "支付平台",
    "订单号",
    "支付单号",
    "交易号",
    "我方金额",
    "对方金额",
    "处理人",
    "处理时间",
    "备注",
)
_KINDS: Final = {
    "unpaid_here": "已收款，本地未付",
    "twice": "重复付款",
    "amount": "金额不符",
    "refund_not_here": "已退款，本地未退",
    "unknown_here": "本地没有这笔订单",
    "missing_there": "本地已付，账单没有",
}
_GATEWAYS: Final = {"wechat": "微信支付", "alipay": "支付宝"}


class Payments:
    """The owner's gateways and what they say. HTTP libraries are loaded with the first question, not at the start."""

    def __init__(
        self,
        store: Store,
        open_gateway: "Callable[[GatewayRecord], Gateway]",
        bills: "Callable[[], Bills]",
        on_changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Make the service.

        Args:
            store: the records.
            open_gateway: the way to a gateway.
            bills: fetches and compares days.
            on_changed: told after gateways changed, so that lanes follow.
        """
        self._store = store
        self._open_gateway = open_gateway
        self._bills = bills
        self._on_changed = on_changed

    @needs(Right.RELEASE_ORDER)
    def shops(self) -> tuple[PaidShop, ...]:
        """Shops that may have gateways."""
        return self._store.read(queries.paid_shops)

    @needs(Right.RELEASE_ORDER)
    def gateways(self) -> tuple[GatewayView, ...]:
        """Every gateway, without its secrets."""
        return self._store.read(queries.gateways)

    @needs(Right.CHANGE_SETTINGS)
    def save(self, draft: GatewayDraft) -> int:
        """Keep a gateway; its unpaid orders are asked for from then on.

        Raises:
            NotFound, Refused: as `core.payments.gateways.save_gateway`.
        """
        from core.payments.gateways import save_gateway

        gateway_id = self._store.write(lambda uow: save_gateway(uow, draft))
        self._on_changed()
        return gateway_id

    @needs(Right.CHANGE_SETTINGS)
    def set_active(self, gateway_id: int, *, is_active: bool) -> None:
        """Ask a gateway from now on, or no more.

        Raises:
            NotFound: `payment.no_gateway`.
        """
        from core.payments.gateways import set_active

        self._store.write(lambda uow: set_active(uow, gateway_id, is_active=is_active))
        self._on_changed()

    @needs(Right.CHANGE_SETTINGS)
    def try_gateway(self, draft: GatewayDraft) -> None:
        """Ask the gateway with what was entered, and with the secrets kept where none was; waits for the network.

        Raises:
            Refused: what `save` says of the draft; `payment.access_refused`; `payment.answered`.
            Unavailable: `payment.silent`.
        """
        from core.payments.gateways import GatewayRecord, check_draft, kept_gateway
        from core.runtime.remote_errors import ChannelError

        found = self._store.read(lambda connection: kept_gateway(connection, draft.shop_id, draft.kind))
        kept = {} if found is None else found.secrets
        check_draft(draft, kept)
        secrets = {**kept, **{name: value for name, value in draft.secrets.items() if value}}
        record = GatewayRecord(0, draft.shop_id, draft.kind, dict(draft.settings), secrets, draft.template)
        try:
            self._open_gateway(record).check()
        except ChannelError as error:
            raise _as_domain_error(error) from error

    @needs(Right.RELEASE_ORDER)
    def questions(self, after: int | None, limit: int, *, only_found: bool) -> QuestionPage:
        """Orders that were asked for."""
        return self._store.read(lambda connection: queries.questions(connection, after, limit, only_found=only_found))

    @needs(Right.RELEASE_ORDER)
    def see_to(self, question_id: int) -> bool:
        """Say that what was found has been seen to; False where there was nothing (any more)."""
        from core.payments.asking import see_to

        return self._store.write(lambda uow: see_to(uow, question_id))

    @needs(Right.RELEASE_ORDER)
    def bills(self) -> FirstOf[BillView]:
        """The days that are kept, the newest first."""
        return self._store.read(queries.bills)

    @needs(Right.RELEASE_ORDER)
    def differences(self, bill_id: int, after: int | None, limit: int) -> DifferencePage:
        """What differs on a day."""
        return self._store.read(lambda connection: queries.differences(connection, bill_id, after, limit))

    @needs(Right.RELEASE_ORDER)
    def fetch(self, shop_id: int, day: date) -> int:
        """Fetch and compare a day now; gives how many lines differ. Waits for the network.

        Raises:
            Refused: as `core.payments.bills.want_bill`; `payment.access_refused`; `payment.answered`.
            Unavailable: `payment.silent`; it is tried again by itself.
        """
        from core.payments.bills import want_bill
        from core.runtime.remote_errors import ChannelError

        bill_id = self._store.write(lambda uow: want_bill(uow, shop_id, day))
        try:
            return len(self._bills().fetch(bill_id).differences)
        except ChannelError as error:
            raise _as_domain_error(error) from error

    @needs(Right.RELEASE_ORDER)
    def settle(self, difference_id: int, note: str) -> bool:
        """Say that a difference has been seen to; False where somebody has said so before.

        Raises:
            NotFound, Refused: as `core.payments.bills.settle_difference`.
        """
        from core.payments.bills import settle_difference

        return self._store.write(lambda uow: settle_difference(uow, difference_id, note))

    @needs(Right.RELEASE_ORDER)
    def confirm(self, bill_id: int) -> None:
        """Say that a day has been gone through.

        Raises:
            NotFound, Refused: as `core.payments.bills.confirm_bill`.
        """
        from core.payments.bills import confirm_bill

        self._store.write(lambda uow: confirm_bill(uow, bill_id))

    @needs(Right.RELEASE_ORDER)
    @needs(Right.USE_FILES)
    def export(self, bill_id: int, path: Path) -> int:
        """Write the differences of a day into a table; gives the rows.

        Raises:
            Refused: `files.name`. Unavailable: `files.cannot_write`.
        """
        from core.files.writing import Sheet

        return write_out(self._store, path, "payments", lambda found: Sheet(_HEADER, _cells(found, bill_id)))


def _cells(connection: Connection, bill_id: int) -> Iterator[Sequence[str]]:
    for row in queries.all_differences(connection, bill_id):
        yield (
            _KINDS.get(row.kind, row.kind),
            _GATEWAYS.get(row.gateway, row.gateway),
            row.order_no,
            row.payment_no,
            row.transaction_no,
            "" if row.ours_fen is None else yuan_text(row.ours_fen),
            "" if row.theirs_fen is None else yuan_text(row.theirs_fen),
            row.settled_by,
            "" if row.settled_at is None else f"{row.settled_at.astimezone():%Y-%m-%d %H:%M}",
            row.note,
        )


def _as_domain_error(error: "ChannelError") -> DomainError:
    from core.runtime.remote_errors import AuthExpired, RateLimited, Temporary

    if isinstance(error, Temporary | RateLimited):
        return Unavailable("payment.silent", f"the gateway cannot be reached: {error}")
    if isinstance(error, AuthExpired):
        return Refused("payment.access_refused", f"the gateway does not let us in: {error}")
    return Refused("payment.answered", f"the gateway answered: {error}", words=f"{error} ({error.code})"[:200])
