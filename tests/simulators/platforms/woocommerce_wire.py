"""Reading what a caller of the simulated WooCommerce shop sent, as WordPress does, and saying no in its words."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final, Generic, TypeVar

from tests.simulators.platforms.server import Answer, Call
from tests.simulators.platforms.woocommerce_facts import LARGEST_BATCH, LARGEST_PAGE, USUAL_PAGE

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(Z|[+-]\d{2}(?::\d{2})?)?")
_MEMBER = re.compile(r"([^\[\]]+)\[([^\[\]]*)\]")

Thing = TypeVar("Thing")
#: a parameter: text, or what PHP makes of `name[]`, `name[0]` or a JSON body
Params = Mapping[str, Any]


def wp_json(data: object, status: int = 200, **headers: str) -> Answer:
    """JSON as PHP writes it: nothing but ASCII, and every slash escaped."""
    text = json.dumps(data, separators=(",", ":")).replace("/", "\\/")
    return Answer(text.encode(), status, "application/json; charset=UTF-8", headers)


class SaysNoError(Exception):
    """A refusal: HTTP `status`, the `code`, its words, and what stands in `data` besides the status."""

    def __init__(self, status: int, code: str, words: str, data: object = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.words = words
        self.data = {"status": status} if data is None else data


def said_no(error: SaysNoError) -> Answer:
    """The answer of a refusal."""
    return wp_json({"code": error.code, "message": error.words, "data": error.data}, error.status)


def bad_params(why: Mapping[str, str]) -> SaysNoError:
    """Parameters that their schema does not take."""
    details = {name: {"code": "rest_invalid_param", "message": words, "data": None} for name, words in why.items()}
    data = {"status": 400, "params": dict(why), "details": details}
    return SaysNoError(400, "rest_invalid_param", f"Invalid parameter(s): {', '.join(why)}", data)


def no_route() -> SaysNoError:
    """Nobody answers there."""
    return SaysNoError(404, "rest_no_route", "No route was found matching the URL and request method.")


def php_pairs(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Pairs as PHP keeps them: the last of a name wins, `name[]` and `name[key]` become one level of members."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        member = _MEMBER.fullmatch(name)
        if member is None:
            found[name] = value
            continue
        inner = found.setdefault(member[1], {})
        if isinstance(inner, dict):
            inner[member[2] or str(len(inner))] = value
    return found


def params_of(call: Call) -> dict[str, Any]:
    """Query and body together; the body wins.

    Raises:
        SaysNoError: 400 rest_invalid_json; the body says that it is JSON and is not.
    """
    params = php_pairs(call.query)
    if not call.body:
        return params
    if "json" in call.headers.get("content-type", ""):
        try:
            body = call.json()
        except ValueError:
            data = {"status": 400, "json_error_code": 4, "json_error_message": "Syntax error"}
            raise SaysNoError(400, "rest_invalid_json", "Invalid JSON body passed.", data) from None
        return params | (body if isinstance(body, dict) else {})
    return params | php_pairs(call.form)


def words_of(value: Any) -> list[str]:
    """A list however it was sent: several members, or one text with commas."""
    if isinstance(value, dict):
        return [str(one) for one in value.values()]
    if isinstance(value, list):
        return [str(one) for one in value]
    return [word for word in re.split(r"[\s,]+", str(value)) if word]


def yes(value: Any) -> bool:
    """Whether a flag is up."""
    return value is True or str(value).lower() in {"1", "true"}


def naive_moment(text: Any, zone: tzinfo) -> datetime | None:
    """A time as the shop compares it: without a zone as it stands, with one turned to the shop's own first."""
    found = _MOMENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    try:
        at = datetime.fromisoformat(text[:10] + "T" + text[11:19] + (found[1] or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    return at.astimezone(zone).replace(tzinfo=None) if at.tzinfo is not None else at


def stamp(at: datetime | None, zone: tzinfo = UTC) -> str | None:
    """A time as it is told, without a word about its zone."""
    return None if at is None else at.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")


def both_stamps(name: str, at: datetime | None, zone: tzinfo) -> dict[str, object]:
    """A time in the shop's zone and in GMT."""
    return {name: stamp(at, zone), f"{name}_gmt": stamp(at)}


def money(fen: int) -> str:
    """Fen as text with two places."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02}"


@dataclass(frozen=True, slots=True)
class Row:
    """One object of a list before it is cut to pages."""

    no: int
    created_at: datetime
    modified_at: datetime
    title: str
    make: Callable[[], Mapping[str, object]]


@dataclass(slots=True)
class Asked:
    """What a list call asks for, checked."""

    zone: tzinfo
    params: Params
    #: off in shops before 5.8, which know neither the filter nor the ordering
    knows_modified: bool = True
    wrong: dict[str, str] = field(default_factory=dict)

    def whole(self, name: str, default: int, most: int | None = None) -> int:
        """A whole number from 1."""
        raw = self.params.get(name, default)
        number = int(raw) if re.fullmatch(r"-?\d+", str(raw)) else None
        if number is None:
            self.wrong[name] = f"{name} is not of type integer."
            return default
        if most is not None and not 1 <= number <= most:
            self.wrong[name] = f"{name} must be between 1 (inclusive) and {most} (inclusive)"
        elif number < 1:
            self.wrong[name] = f"{name} must be greater than or equal to 1"
        return number

    def one_of(self, name: str, default: str, allowed: Sequence[str]) -> str:
        """One of some words."""
        word = str(self.params.get(name, default))
        if word not in allowed:
            self.wrong[name] = f"{name} is not one of {', '.join(allowed)}."
        return word

    def each_of(self, name: str, default: str, allowed: Sequence[str]) -> list[str]:
        """Some of some words."""
        words = words_of(self.params.get(name, default))
        for place, word in enumerate(words):
            if word not in allowed:
                self.wrong[name] = f"{name}[{place}] is not one of {', '.join(allowed)}."
        return words

    def moment(self, name: str) -> datetime | None:
        """A time, compared as it stands."""
        if name not in self.params:
            return None
        at = naive_moment(self.params[name], self.zone)
        if at is None:
            self.wrong[name] = "Invalid date."
        return at

    def check(self) -> None:
        """Refuse everything that was wrong at once."""
        if self.wrong:
            raise bad_params(self.wrong)


@dataclass(frozen=True, slots=True)
class Kind(Generic[Thing]):
    """How a list looks at its things."""

    no_of: Callable[[Thing], int]
    created_of: Callable[[Thing], datetime]
    modified_of: Callable[[Thing], datetime]
    title_of: Callable[[Thing], str]
    make: Callable[[Thing], Mapping[str, object]]


#: the kind of rows that are ready to be made
ROWS: Final[Kind[Row]] = Kind(
    lambda row: row.no,
    lambda row: row.created_at,
    lambda row: row.modified_at,
    lambda row: row.title,
    lambda row: row.make(),
)


def listed(
    asked: Asked,
    kind: Kind[Thing],
    things: Iterable[Thing],
    orderings: Sequence[str],
    link: str,
    keeps: Callable[[Thing], bool] = lambda _thing: True,
) -> Answer:
    """One page of `things`, filtered by the times and ids that every list knows, and by `keeps`.

    Headers X-WP-Total and X-WP-TotalPages, and Link to the neighbours: `link` is the address of the list.
    """
    if not asked.knows_modified:
        orderings = [word for word in orderings if word != "modified"]
    page, size = asked.whole("page", 1), asked.whole("per_page", USUAL_PAGE, LARGEST_PAGE)
    order = asked.one_of("order", "desc", ("asc", "desc"))
    by = asked.one_of("orderby", "date", orderings)
    created = _span(asked, "after", "before")
    modified = _span(asked, "modified_after", "modified_before") if asked.knows_modified else (None, None)
    asked.check()
    wanted = [int(word) for word in words_of(asked.params.get("include", "")) if word.isdigit()]
    unwanted = {int(word) for word in words_of(asked.params.get("exclude", "")) if word.isdigit()}
    kept = [
        thing
        for thing in things
        if _is_inside(kind.modified_of(thing), modified)
        and _is_inside(kind.created_of(thing), created)
        and not (wanted and kind.no_of(thing) not in wanted)
        and not (unwanted and kind.no_of(thing) in unwanted)
        and keeps(thing)
    ]
    keys: Mapping[str, Callable[[Thing], Any]] = {
        "date": lambda thing: (_second(kind.created_of(thing)), kind.no_of(thing)),
        "modified": lambda thing: (_second(kind.modified_of(thing)), kind.no_of(thing)),
        "title": lambda thing: (kind.title_of(thing), kind.no_of(thing)),
        "slug": lambda thing: (kind.title_of(thing), kind.no_of(thing)),
        "include": lambda thing: wanted.index(kind.no_of(thing)) if wanted else kind.no_of(thing),
    }
    kept.sort(key=keys.get(by, kind.no_of), reverse=order == "desc" and by != "include")
    start = int(asked.params["offset"]) if str(asked.params.get("offset", "")).isdigit() else (page - 1) * size
    pages = -(-len(kept) // size)
    links = [f'<{link.partition("/wp-json/")[0]}/wp-json/>; rel="https://api.w.org/"']
    links += [f'<{link}?page={page - 1}>; rel="prev"'] if page > 1 else []
    links += [f'<{link}?page={page + 1}>; rel="next"'] if page < pages else []
    headers = {"X_WP_Total": str(len(kept)), "X_WP_TotalPages": str(pages), "Link": ", ".join(links)}
    rows = [trimmed(kind.make(thing), asked.params) for thing in kept[start : start + size]]
    return wp_json(rows, 200, **headers)


def batched(params: Params, change: Callable[[str, Params], Mapping[str, object]]) -> Answer:
    """The `update` part of a batch: what went wrong stands at its place, and the whole is HTTP 200.

    Nothing in it is checked against a schema. `change` takes the id and the fields of one object.

    Raises:
        SaysNoError: 413; more than 100 objects.
    """
    if sum(len(params.get(verb) or []) for verb in ("create", "update", "delete")) > LARGEST_BATCH:
        words = f"Unable to accept more than {LARGEST_BATCH} items for this request."
        raise SaysNoError(413, "woocommerce_rest_request_entity_too_large", words)
    done: list[Mapping[str, object]] = []
    for item in params.get("update") or []:
        try:
            done.append(change(str(item.get("id", 0)), item))
        except SaysNoError as error:
            told = {"code": error.code, "message": error.words, "data": error.data}
            done.append({"id": item.get("id", 0), "error": told})
    return wp_json({"update": done} if done else {})


def trimmed(row: Mapping[str, object], params: Params) -> Mapping[str, object]:
    """The fields that `_fields` names, all where it names none; `id` always stays."""
    names = {word.partition(".")[0] for word in words_of(params.get("_fields", ""))}
    return {name: value for name, value in row.items() if name in names | {"id"}} if names else row


def _second(at: datetime) -> int:
    return int(at.timestamp())


def _span(asked: Asked, after: str, before: str) -> tuple[datetime | None, datetime | None]:
    """The first moment that is in and the first that is out again; the bounds' own seconds are not in."""
    zone = UTC if yes(asked.params.get("dates_are_gmt")) and asked.knows_modified else asked.zone
    first, end = (asked.moment(name) for name in (after, before))
    return (
        None if first is None else first.replace(tzinfo=zone).astimezone(UTC) + timedelta(seconds=1),
        None if end is None else end.replace(tzinfo=zone).astimezone(UTC),
    )


def _is_inside(at: datetime, span: tuple[datetime | None, datetime | None]) -> bool:
    first, end = span
    return (first is None or at >= first) and (end is None or at < end)
