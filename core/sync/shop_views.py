"""Shops as the page of shops shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from core.sync.troubles import Trouble


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
    default: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence about a platform in both languages; `is_proven` False: nobody could check it there."""

    zh: str
    en: str
    is_proven: bool = True


@dataclass(frozen=True, slots=True)
class Ability:
    """One thing about a kind of shop: `code` names its sentence; `tone` is good (it can), notice (not) or quiet."""

    code: str
    tone: str


@dataclass(frozen=True, slots=True)
class ShopKind:
    """A kind of shop that can be added.

    Attributes:
        steps: what to apply for and where it goes, in the order in which it is done.
        abilities: what such a shop can do and what not.
        unproven: what nobody could check at the platform yet.
        has_page: a shop of it may be authorised on a page of the platform's.
    """

    id: str
    label_zh: str
    label_en: str
    settings: tuple[ShopSetting, ...]
    steps: tuple[Said, ...] = ()
    abilities: tuple[Ability, ...] = ()
    unproven: tuple[Said, ...] = ()
    has_page: bool = False


@dataclass(frozen=True, slots=True)
class ShopAccess:
    """How a shop is let in on its platform's page.

    Attributes:
        state: missing (nobody has authorised it) | by_hand (it answers with a token that was typed; nobody knows its
            end) | good | notice | stop (the last day) | over.
        renews: the program renews it without a person.
        ends_at: when a person has to act; None where that is not known.
        failed: why the last renewing failed, foreign text.
    """

    state: str
    renews: bool = False
    ends_at: datetime | None = None
    failed: str = ""


#: the topic of an order that was understood, and that our own records did not take
NOT_STORED: Final = "not_stored"


@dataclass(frozen=True, slots=True)
class UnreadView:
    """An order that could not be taken in: since when, and the topic of why (`NOT_STORED`, or as a shop's)."""

    order_no: str
    since_at: datetime
    topic: str


@dataclass(frozen=True, slots=True)
class ShopView:
    """One shop; its secrets are never in here.

    Attributes:
        state: good | notice | stop | off | waits (for its owner), as the strip's light.
        is_pulled: its orders are fetched.
        confirms: it is told of parcels that left.
        confirm_at: when: print | outbound | handover.
        last_error: what it said last when it did not answer as it should, as it is kept.
        trouble: the same for people; None where all is well.
        topic: which sentence says it; blank where all is well.
        access: its platform's authorising; None where it is let in by its key alone.
        whose: whose shop the platform says it is; blank where it does not say.
        is_asked: somebody can ask it; not where orders are entered by hand or come in files.
        prints_elsewhere: other software prints its labels.
        hold_minutes: how long an unpaid order keeps its units; 0 as long as the shop keeps it open.
        min_life_days: how long its goods have to last still when they are promised.
        on_desk: its orders go to the desk, those paid since `cut_over_at`; None: all.
        writes_stock: its numbers are written.
        takes_notes: seller's notes can be written there at all; `writes_notes` they are.
        stage: how far it has come: read_only | partly | whole.
        unread: orders it names that could not be taken in; the program goes on asking for them.
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
    hold_minutes: int = 0
    min_life_days: int = 0
    trouble: Trouble | None = None
    topic: str = ""
    access: ShopAccess | None = None
    whose: str = ""
    on_desk: bool = True
    cut_over_at: datetime | None = None
    writes_stock: bool = False
    takes_notes: bool = False
    writes_notes: bool = False
    stage: str = "read_only"
    unread: tuple[UnreadView, ...] = ()


@dataclass(frozen=True, slots=True)
class ShopDraft:
    """A shop as entered. Secrets that are empty stay what they were; no text of this object shows them."""

    channel: str
    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
