"""Which documents a list holds: newest first, by kind and state, or by what a clerk typed.

The table has an index by kind, state and id. Every pair of the two is walked from its newest document on and left
after a page, so that a list of a hundred thousand is as quick as one of ten.
"""

import re
import unicodedata
from calendar import monthrange
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    String,
    TextClause,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    text,
)

from core.catalog import queries as catalogue
from core.db.letters import contains, without_case
from core.db.sets import id_set, packed_ids
from core.inventory.documents.models import Document, DocumentLine
from core.inventory.documents.states import PREFIX, DocKind, DocState

#: an id above every document's: where the first page begins
NEWEST: Final = 1 << 62
#: a chip that says "1 000+" is as good as one that counts a million
COUNT_CAP: Final = 1000

# By the bare columns an engine may walk all documents of a kind, or all from the newest down, instead of the few that
# the way itself gives.
_PLAIN_ID: Final[ColumnElement[int]] = Document.id + literal_column("0", BigInteger)
_PLAIN_KIND: Final[ColumnElement[str]] = Document.kind + literal_column("''", String)
_PLAIN_STATE: Final[ColumnElement[str]] = Document.state + literal_column("''", String)
#: letters of the kind, day, place in the day; as much of it as somebody typed
_NUMBER: Final = re.compile(r"([A-Z]{0,2})(\d{0,6})(-\d{0,6})?")
_SHORTEST_NUMBER: Final = 2


def page_ids(
    connection: Connection, kind: str, states: Sequence[DocState], typed: str, before: int, limit: int
) -> list[int]:
    """Ids below `before` of the documents of a kind (empty: of any) in one of these states, the newest first."""
    if not typed:
        pages = _pages(kind, tuple(states))
        return list(connection.execute(pages, {"before": before, "many": limit}).scalars())
    wanted: list[ColumnElement[bool]] = [_PLAIN_STATE.in_([str(state) for state in states])]
    if kind:
        wanted.append(_PLAIN_KIND.in_([kind]))
    found = _found(connection, typed, wanted, before, limit)
    return sorted(found, reverse=True)[:limit]


def counted(connection: Connection, typed: str) -> tuple[Mapping[tuple[str, str], int], bool]:
    """How many documents there are by kind and state; whether they were only counted up to `COUNT_CAP`.

    Without a search each pair is counted as far as that; of what is searched only the newest are looked at.
    """
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    if not typed:
        for kind, state, number in connection.execute(_COUNTS):
            counts[kind, state] = number
        return counts, False
    ids = _found(connection, typed, (), NEWEST, COUNT_CAP)
    query = select(Document.kind, Document.state, func.count()).where(Document.id.in_(id_set("ids")))
    rows = connection.execute(query.group_by(Document.kind, Document.state), {"ids": packed_ids(ids)})
    for kind, state, number in rows:
        counts[kind, state] = number
    return counts, len(ids) >= COUNT_CAP


# Written as text, in which kinds and states are words of ours: to build so many statements out of parts costs more
# than to ask them all.
_ARM: Final = (
    "SELECT id FROM (SELECT id FROM document WHERE kind = '{kind}' AND state = '{state}' AND id < :before "
    "ORDER BY id DESC LIMIT :many) AS arm_{place}"
)
_COUNT: Final = (
    "SELECT '{kind}' AS kind, '{state}' AS state, count(*) AS number FROM "
    "(SELECT 1 FROM document WHERE kind = '{kind}' AND state = '{state}' LIMIT {cap}) AS arm_{place}"
)


@cache
def _pages(kind: str, states: tuple[DocState, ...]) -> TextClause:
    """The newest of each pair of kind and state, and of those the newest."""
    others = [str(state) for state in DocState if state not in states]
    if not kind and len(others) <= 1:
        # Nearly every document is one of them: the newest of all are the page.
        rest = "".join(f"state <> '{state}' AND " for state in others)
        return text(f"SELECT id FROM document WHERE {rest}id < :before ORDER BY id DESC LIMIT :many")  # noqa: S608  constants alone
    pairs = [(one, state) for one in ([DocKind(kind)] if kind else DocKind) for state in states]
    arms = (_ARM.format(kind=one, state=state, place=place) for place, (one, state) in enumerate(pairs))
    every = " UNION ALL ".join(arms)
    return text(f"SELECT id FROM ({every}) AS every_arm ORDER BY id DESC LIMIT :many")  # noqa: S608  constants alone


_COUNTS: Final = text(
    " UNION ALL ".join(
        _COUNT.format(kind=kind, state=state, cap=COUNT_CAP, place=place)
        for place, (kind, state) in enumerate((kind, state) for kind in DocKind for state in DocState)
    )
)


# --- what somebody typed --------------------------------------------------------------------------------------------


def _found(
    connection: Connection, typed: str, wanted: Sequence[ColumnElement[bool]], before: int, limit: int
) -> set[int]:
    """Ids of the newest documents that the text means: by their number, the other side's words, or their goods."""
    found: set[int] = set()
    for way, order, binds in _ways(connection, typed):
        query = select(Document.id).where(way, *wanted, Document.id < before).order_by(order).limit(limit)
        found.update(connection.execute(query, binds).scalars())
    return found


def _ways(connection: Connection, typed: str) -> list[tuple[ColumnElement[bool], ColumnElement[int], dict[str, str]]]:
    """Conditions, each with the order in which its documents are to be read, and its values."""
    piece = bindparam("piece", without_case(typed), String)
    words = or_(contains(Document.supplier, piece), contains(Document.reference, piece))
    ways: list[tuple[ColumnElement[bool], ColumnElement[int], dict[str, str]]] = [(words, Document.id.desc(), {})]
    number = _number(typed)
    if number is not None:
        ways.append((number, _PLAIN_ID.desc(), {}))
    scanned = catalogue.by_scan(connection, typed)
    skus = catalogue.sku_ids_called(connection, typed) if scanned is None else [scanned.sku_id]
    if skus:
        # One value, however many goods are called so.
        lines = select(DocumentLine.document_id).where(DocumentLine.sku_id.in_(id_set("sku_ids")))
        ways.append((Document.id.in_(lines), _PLAIN_ID.desc(), {"sku_ids": packed_ids(skus)}))
    return ways


def _number(typed: str) -> ColumnElement[bool] | None:
    """The documents whose number begins so, with the letters of its kind or without; None: no number begins so."""
    words = unicodedata.normalize("NFKC", typed).upper().replace(" ", "")
    parts = _NUMBER.fullmatch(words)
    if parts is None or len(words) < _SHORTEST_NUMBER:
        return None
    letters, day, _ = parts.groups()
    kinds = [str(kind) for kind, prefix in PREFIX.items() if prefix.startswith(letters)]
    days = _days(day)
    if not kinds or days is None or not letters + day:
        return None
    # By kind and day there is an index; in which order numbers stand in theirs is the server's language's affair.
    begin = 1 if letters else 3
    begins = func.substr(Document.number, begin, len(words)) == words
    return Document.kind.in_(kinds) & Document.day.between(*days) & begins


def _days(begun: str) -> tuple[int, int] | None:
    """The first and last day whose `yymmdd` begins so."""
    first, last = begun.ljust(6, "0"), begun.ljust(6, "9")
    year, month, day = (int(last[place : place + 2]) for place in (0, 2, 4))
    month = min(month, 12)
    if month == 0:
        return None
    until = date(2000 + year, month, max(min(day, monthrange(2000 + year, month)[1]), 1))
    year, month, day = (int(first[place : place + 2]) for place in (0, 2, 4))
    if month > 12:
        return None
    month = max(month, 1)
    since = date(2000 + year, month, max(min(day, monthrange(2000 + year, month)[1]), 1))
    return since.toordinal(), until.toordinal()
