"""Shops as the page of shops shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ShopSetting:
    """One thing a kind of shop has to be told; `kind` is text | url | secret | flag."""

    name: str
    label_zh: str
    label_en: str
    kind: str
    is_required: bool
    hint_zh: str = ""
    hint_en: str = ""


@dataclass(frozen=True, slots=True)
class ShopKind:
    """A kind of shop that can be added."""

    id: str
    label_zh: str
    label_en: str
    settings: tuple[ShopSetting, ...]


@dataclass(frozen=True, slots=True)
class ShopView:
    """One shop; its secrets are never in here.

    Attributes:
        state: good | notice | stop | off, as the strip's light.
        is_pulled: its orders are fetched.
        confirms: it is told of parcels that left.
        confirm_at: when: print | outbound | handover.
        last_error: its own words, foreign text.
        is_asked: somebody can ask it; not where orders are entered by hand or come in files.
        prints_elsewhere: other software prints its labels.
    """

    id: int
    channel: str
    name: str
    settings: Mapping[str, str]
    state: str
    is_pulled: bool
    confirms: bool
    confirm_at: str
    last_good_pull_at: datetime | None
    last_error: str
    is_asked: bool
    prints_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class ShopDraft:
    """A shop as entered. Secrets that are empty stay what they were; no text of this object shows them."""

    channel: str
    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
