"""First answers under idempotency keys: kept for ninety days and more, so that a repeat changes nothing."""

import hashlib
import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import bindparam, func, select

from core.db.forgetting import forget_some
from core.db.sets import packed_texts, text_set
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.gateway.models import DoorAnswer
from core.gateway.problems import Answer, Problem

#: tells our locks from those of `take_turn`
_SPACE: Final = 0x0D00_4B45
#: longer than a repeat may come
KEEP: Final = timedelta(days=100)

_KEPT = select(DoorAnswer.key, DoorAnswer.digest, DoorAnswer.status, DoorAnswer.body).where(
    DoorAnswer.shop_id == bindparam("shop"), DoorAnswer.key.in_(text_set("keys"))
)


def digest_of(method: str, path: str, body: Mapping[str, object]) -> str:
    """What is the same for the same call, however its JSON was written."""
    plain = json.dumps([method, path, body], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Once:
    """An idempotency key as a call bears it, with what is asked for under it."""

    shop_id: int
    key: str
    digest: str


def first_answers(uow: UnitOfWork, asked: Collection[Once]) -> Mapping[Once, Answer | Problem]:
    """What those of these keys get that are not new: the answer they got first, or `idempotency_conflict`.

    New ones are left out, and ours until the transaction ends; `idempotency_in_progress` where another node is at it.
    """
    found: dict[Once, Answer | Problem] = {}
    if not uow.is_sqlite:
        for one in asked:
            lock = func.pg_try_advisory_xact_lock(_SPACE, _number(one.shop_id, one.key))
            if not uow.execute(select(lock)).scalar_one():
                found[one] = Problem("idempotency_in_progress")
    for shop_id in {one.shop_id for one in asked}:
        mine = [one for one in asked if one.shop_id == shop_id and one not in found]
        binds = {"shop": shop_id, "keys": packed_texts([one.key for one in mine])}
        kept = {row.key: row for row in uow.execute(_KEPT, binds)}
        found |= {one: _kept(one, kept[one.key]) for one in mine if one.key in kept}
    return found


def _kept(one: Once, row: Any) -> Answer | Problem:
    if row.digest != one.digest:
        return Problem("idempotency_conflict")
    return Answer(row.status, row.body, {"Idempotency-Replayed": "true"})


def _number(shop_id: int, key: str) -> int:
    """31 bits of the key: the lock takes two signed numbers. Two keys that share them wait for one answer at most."""
    return zlib.crc32(f"{shop_id}:{key}".encode()) & 0x7FFFFFFF


def keep(uow: UnitOfWork, answers: Mapping[Once, Answer]) -> None:
    """Keep the answers of new keys; one that came first stays."""
    if answers:
        rows = [
            {"shop_id": one.shop_id, "key": one.key, "digest": one.digest, "at": uow.now}
            | {"status": answer.status, "body": dict(answer.body)}
            for one, answer in answers.items()
        ]
        uow.execute(insert_or_ignore(uow.connection, DoorAnswer), rows)


def forget_answers(uow: UnitOfWork) -> int:
    """Forget some answers whose repeat comes no more; gives how many."""
    return forget_some(uow, DoorAnswer, DoorAnswer.at, uow.now - KEEP)
