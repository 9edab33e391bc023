"""How Pinduoduo signs a call: MD5 over the sorted parameters between two copies of the app's secret."""

import hashlib
from collections.abc import Mapping


def signature_of(secret: str, params: Mapping[str, str]) -> str:
    """The `sign` of a call; `params` are all others that are sent, as the very texts that are sent."""
    told = "".join(f"{name}{params[name]}" for name in sorted(params))
    # Their algorithm, not our choice; it protects nothing of ours at rest.
    return hashlib.md5(f"{secret}{told}{secret}".encode(), usedforsecurity=False).hexdigest().upper()
