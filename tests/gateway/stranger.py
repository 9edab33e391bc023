"""What schemathesis needs to be a mall: signatures, an order's goods that exist, and no long waits.

Loaded by schemathesis in a process of its own (SCHEMATHESIS_HOOKS); the door's address, key and secret come by the
environment.
"""

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import requests
import schemathesis

_EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "door_client.py"


def _client() -> Any:
    spec = importlib.util.spec_from_file_location("door_client", _EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["door_client"] = module
    spec.loader.exec_module(module)
    return module.DoorClient(*os.environ["PACKDESK_DOOR"].split())


class Signing(requests.auth.AuthBase):
    """Signs whatever is sent, as the example client does."""

    def __init__(self) -> None:
        self._client = _client()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the four headers in."""
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else bytes(body)
        signed = self._client.headers(request.method, request.path_url, raw)
        signed.pop("Content-Type", None)
        request.headers.update(signed)
        return request


schemathesis.auth.set_from_requests(Signing())


@schemathesis.hook
def before_call(context: Any, case: Any, *rest: Any) -> None:
    """A poll of half a minute finds nothing that one of no time does not."""
    if isinstance(case.query, dict) and str(case.query.get("wait", "")).isdecimal():
        case.query["wait"] = 0
