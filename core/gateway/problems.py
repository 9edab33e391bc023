"""How the door says no: one table of codes, after RFC 9457. The page for developers is made of the same table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of refusal.

    Attributes:
        status: the HTTP status.
        text: what it means, for developers.
        is_retryable: the very same call may succeed later.
        is_kept: under an idempotency key it is a first answer, which a repeat gets again.
    """

    status: int
    text: str
    is_retryable: bool = False
    is_kept: bool = False


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "bad_json": Kind(400, "The body is not one well-formed JSON object, or a key stands twice in one."),
        "bad_query": Kind(400, "A parameter is unknown, doubled, missing or not what it should be."),
        "bad_cursor": Kind(400, "The cursor is not one of this feed."),
        "idempotency_key_bad": Kind(400, "Idempotency-Key is missing or is not 1 to 255 printable ASCII characters."),
        "bad_key": Kind(401, "X-Key is missing, unknown or revoked."),
        "bad_signature": Kind(401, "X-Signature does not fit the call."),
        "clock_skew": Kind(401, "X-Timestamp is more than 300 seconds off; take the time of the Date header."),
        "nonce_replayed": Kind(401, "X-Nonce was used before, or is not 8 to 64 characters of A-Z a-z 0-9 . _ ~ -"),
        "unknown_path": Kind(404, "There is no such path."),
        "reservation_not_found": Kind(404, "Your shop has no such reservation."),
        "method_not_allowed": Kind(405, "Another method is needed; Allow names it."),
        "out_of_stock": Kind(409, "There is not enough; lines says what there is.", is_kept=True),
        "expired_out_of_stock": Kind(409, "Its time ran out and the goods are gone: refund the buyer.", is_kept=True),
        "purchase_limit": Kind(
            409,
            "The goods run low and this buyer may not buy so many; lines says how many still (may_buy), counted over"
            " how many days, and whether only members may.",
            is_kept=True,
        ),
        "ref_conflict": Kind(409, "The order number is known with other lines, or is closed.", is_kept=True),
        "reservation_closed": Kind(409, "The reservation was released, or its order was cancelled.", is_kept=True),
        "already_confirmed": Kind(409, "It is paid for: only reason refund releases it.", is_kept=True),
        "already_shipped": Kind(409, "Goods of it have left.", is_kept=True),
        "extend_limit": Kind(409, "A reservation may not last so long in all; until says how long.", is_kept=True),
        "idempotency_conflict": Kind(409, "The idempotency key came with another call before."),
        "idempotency_in_progress": Kind(409, "The first call under this key is still at work.", is_retryable=True),
        "length_required": Kind(411, "Send Content-Length, not a chunked body."),
        "too_large": Kind(413, "The body is too large."),
        "invalid": Kind(422, "A field is missing, unknown or not what it should be; detail names it."),
        "unknown_sku": Kind(422, "Lines name merchant codes that are not in the catalogue."),
        "sale_paused": Kind(423, "The sale of these goods is stopped for now; lines names them.", is_retryable=True),
        "rate_limited": Kind(429, "Too many calls; Retry-After says when to come again.", is_retryable=True),
        "defect": Kind(500, "A defect of the centre; look what came of the call before you repeat it."),
        "unavailable": Kind(503, "Unwell or busy; nothing was changed.", is_retryable=True),
        "outcome_unknown": Kind(
            503, "Whether it was done is not known: the same call again, or look it up.", is_retryable=True
        ),
    }
)

URN: Final = "urn:packdesk:door:"
#: seconds after which a call that may be repeated should come again, where nothing better is known
_AGAIN_S: Final = {
    "idempotency_in_progress": 1,
    "sale_paused": 30,
    "rate_limited": 1,
    "unavailable": 2,
    "outcome_unknown": 2,
}


class Problem(Exception):
    """A refusal on its way out; `detail` holds nothing personal."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        lines: Sequence[Mapping[str, Any]] = (),
        retry_after_s: int | None = None,
        has_written: bool = True,
        **facts: Any,
    ) -> None:
        """`has_written` False: nothing was written before it, so that the transaction may be committed as it is."""
        super().__init__(detail or code)
        self.code = code
        self.kind = KINDS[code]
        self.detail = detail or self.kind.text
        self.lines = tuple(lines)
        self.facts = facts
        self.has_written = has_written
        #: whose call was refused, where its key is one of ours; for our own records alone
        self.shop_id: int | None = None
        self.retry_after_s = retry_after_s if retry_after_s is not None else _AGAIN_S.get(code)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: status, JSON object, and headers beside those that every answer has."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The problem's code, empty where all is well."""
        return str(self.body["code"]) if self.status >= 400 else ""


def answer_of(problem: Problem) -> Answer:
    """The refusal as it goes out."""
    body: dict[str, Any] = {
        "type": f"{URN}{problem.code}",
        "title": problem.code.replace("_", " "),
        "status": problem.kind.status,
        "code": problem.code,
        "retryable": problem.kind.is_retryable,
        "detail": problem.detail,
    }
    if problem.lines:
        body["lines"] = [dict(line) for line in problem.lines]
    body |= problem.facts
    headers = {} if problem.retry_after_s is None else {"Retry-After": str(problem.retry_after_s)}
    return Answer(problem.kind.status, body, headers)
