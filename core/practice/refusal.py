"""How the practice shop and carrier say no."""

from collections.abc import Mapping, Sequence


class RefusalError(Exception):
    """A refusal in the shape of the contract's error object; `code` is one of those in its document."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        is_retryable: bool = False,
        retry_after_s: int | None = None,
        lines: Sequence[Mapping[str, object]] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.is_retryable = is_retryable
        self.retry_after_s = retry_after_s
        self.lines = lines


def unknown_order() -> RefusalError:
    """404 for an order number that this shop never gave out."""
    return RefusalError(404, "order_not_found", "no such order")


def invalid(detail: str) -> RefusalError:
    """422 for a body or a query that the contract does not allow."""
    return RefusalError(422, "invalid", detail)
