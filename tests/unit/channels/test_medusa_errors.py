"""Medusa's refusals as the five kinds, with its own words and without anybody's data."""

import pytest

from core.channels.medusa.errors import SessionEndedError, error_of
from core.channels.medusa.plugin import PLUGIN
from core.channels.plugin import PERMISSION
from core.runtime.errors import Refused
from core.runtime.http import ErrorReply
from core.runtime.remote_errors import AuthExpired, ContractBroken, RateLimited, Rejected, Temporary


@pytest.mark.parametrize(
    ("status", "problem", "kind", "code"),
    [
        (400, {"type": "not_allowed", "message": "Shipment has already been created"}, Rejected, "not_allowed"),
        (
            400,
            {"type": "invalid_data", "message": "Order with id order_1 has been canceled."},
            Rejected,
            "invalid_data",
        ),
        (400, {"type": "invalid_data", "message": "Invalid request: Field 'x'"}, ContractBroken, "invalid_data"),
        (404, {"type": "not_found", "message": "Order id not found: order_1"}, Rejected, "not_found"),
        (422, {"type": "duplicate_error", "message": "exists"}, Rejected, "duplicate_error"),
        (401, {"message": "Unauthorized"}, SessionEndedError, "unauthorized"),
        (401, {"type": "unauthorized", "message": "Invalid email or password"}, SessionEndedError, "unauthorized"),
        (403, {"type": "forbidden", "message": "Forbidden"}, AuthExpired, "forbidden"),
        (409, {"type": "conflict", "code": "invalid_state_error"}, Temporary, "conflict"),
        (500, {"type": "unknown_error", "message": "An unknown error occurred."}, Temporary, "unknown_error"),
        (429, {"message": "slow down"}, RateLimited, "429"),
        (400, {"message": "something else answers here"}, ContractBroken, "400"),
        (400, {"type": "a sentence about 李四", "message": ""}, ContractBroken, "400"),
        (404, None, ContractBroken, "404"),
        (502, None, Temporary, "502"),
        (401, None, SessionEndedError, "401"),
    ],
)
def test_kinds(status: int, problem: dict[str, object] | None, kind: type[Exception], code: str) -> None:
    error = error_of(ErrorReply(status, problem, None))

    assert type(error) is kind
    assert error.code == code


def test_medusas_own_words_are_kept_without_anybodys_data() -> None:
    message = "Customer ann@example.com (+86 138 0000 0000) is\x1btoo\nlong " + "x" * 1000
    said = str(error_of(ErrorReply(400, {"type": "not_allowed", "message": message}, None)))

    assert "Customer … (…) is too long" in said
    assert len(said) < 400


@pytest.mark.parametrize(
    ("settings", "secret", "field"),
    [
        ({"base_url": "https://shop.example"}, {}, "api_key"),
        ({"base_url": "https://shop.example", "email": "a@example.com"}, {}, "api_key"),
        (
            {"base_url": "https://shop.example", "tracking_url": "https://x.example"},
            {"api_key": "sk_1"},
            "tracking_url",
        ),
        ({"base_url": "https://shop.example", "tracking_url": "js:{number}"}, {"api_key": "sk_1"}, "tracking_url"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(
    settings: dict[str, str], secret: dict[str, str], field: str
) -> None:
    with pytest.raises(Refused) as caught:
        PLUGIN.factory(settings, secret, None, None)  # type: ignore[arg-type]  # it refuses before it needs them
    assert caught.value.facts["field"] == field


def test_what_a_refusal_means_is_said() -> None:
    assert PLUGIN.meaning_of("forbidden") == PERMISSION
    assert PLUGIN.meaning_of("not_allowed") == ""
