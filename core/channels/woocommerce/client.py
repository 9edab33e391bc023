"""Calls to one WooCommerce: let in by header or signature, answers as fields and rows, refusals as errors."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from core.channels.fields import Fields
from core.channels.woocommerce.errors import explain
from core.channels.woocommerce.signature import basic, signed_query
from core.runtime.http import Call, Endpoint, HttpClient, Reply
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, Rejected

ORDERS: Final = "/wc/v3/orders"
#: behind a refusal's own code: the key may read and not write
READ_ONLY: Final = "/read_only"

_PRETTY = "/wp-json"
#: a clock that differs by so much may be why a signature was refused; the shop takes a quarter of an hour
_SKEW = timedelta(minutes=1)

Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class WooKey:
    """A REST API key of the shop; the secret stays out of every text."""

    key: str
    secret: str

    def __repr__(self) -> str:
        return f"WooKey({self.key!r})"


@dataclass(frozen=True, slots=True)
class Ways:
    """How the shop is spoken to where its host is peculiar.

    Attributes:
        signs: by a signature in the query; always without https, and where the host keeps the header to itself.
        plain_links: WordPress without rewritten addresses: the way stands in the query.
    """

    signs: bool = False
    plain_links: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """One object, and the shop's clock; `told_at` is None where it did not tell it."""

    fields: Fields
    server_time: datetime
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of a list, and how many rows all its pages hold."""

    rows: Sequence[Fields]
    total: int
    server_time: datetime


class WooClient:
    """One key at one shop."""

    def __init__(
        self,
        place: Endpoint,
        http: HttpClient,
        key: WooKey,
        ways: Ways | None = None,
        *,
        make_nonce: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._place = place
        self._http = http
        self._key = key
        self._ways = ways or Ways()
        self._make_nonce = make_nonce
        self._signs = self._ways.signs or place.base.startswith("http://")

    @property
    def address(self) -> str:
        """The shop's address as it was typed, checked."""
        return self._place.base

    def one(self, path: str, query: Query = ()) -> Answer:
        """The object at `path`.

        Raises:
            ChannelError: one of the five kinds.
        """
        return _answer_of(self._call("GET", path, query), path)

    def rows(self, path: str, query: Query = ()) -> Rows:
        """A page of the list at `path`; at most 100 rows.

        Raises:
            ContractBroken: also where the shop does not say how long the list is.
            ChannelError: the other four kinds.
        """
        reply = self._call("GET", path, query, is_list=True)
        told = reply.data.get("list")
        name = path.rpartition("/")[2]
        rows = tuple(Fields(row, name) for row in told) if isinstance(told, Sequence) else ()
        total = reply.headers.get("x-wp-total", "")
        if not (total.isascii() and total.isdigit() and len(total) < 12):
            raise ContractBroken("The shop does not say how long its list is", code="x-wp-total")
        return Rows(rows, int(total), reply.server_time)

    def every(self, path: str, query: Query = ()) -> Sequence[Fields]:
        """A list that comes whole, whatever its length.

        Raises:
            ChannelError: one of the five kinds.
        """
        told = self._call("GET", path, query, is_list=True).data.get("list")
        name = path.rpartition("/")[2]
        return tuple(Fields(row, name) for row in told) if isinstance(told, Sequence) else ()

    def tell(self, method: str, path: str, body: Mapping[str, object] | None = None, query: Query = ()) -> Answer:
        """The answer to a call that changes something: made once; `Temporary` leaves open whether it was done.

        Raises:
            Rejected: also where the key may only read; the shop says the same then as of a wrong secret.
            ChannelError: the other four kinds.
        """
        try:
            return _answer_of(self._call(method, path, query, body=body), path)
        except AuthExpired as error:
            if not self._may_read():
                raise
            code = f"{error.code}{READ_ONLY}"
            raise Rejected(f"This key may only read: {error}", code=code) from error

    def site(self) -> Fields:
        """What the WordPress says of itself to everybody: name, addresses, which programs it answers.

        Raises:
            ChannelError: one of the five kinds; some sites hide it.
        """
        return self.one("/", (("_fields", "name,url,home,namespaces"),)).fields

    def now(self) -> datetime:
        """The shop's clock; asked for where nothing has answered yet, for our own may be wrong."""
        if self._http.clock_offset(self._place) is None:
            return self.first().server_time
        return self._http.server_now(self._place)

    def first(self) -> Rows:
        """The cheapest question to which the key matters."""
        return self.rows(ORDERS, (("per_page", "1"), ("_fields", "id")))

    def _may_read(self) -> bool:
        try:
            self.first()
        except ChannelError:
            return False
        return True

    def _call(
        self,
        method: str,
        path: str,
        query: Query,
        *,
        body: Mapping[str, object] | None = None,
        is_list: bool = False,
    ) -> Reply:
        way, start = ("/", (("rest_route", path),)) if self._ways.plain_links else (f"{_PRETTY}{path}", ())
        call = Call(
            f"{method} {_name_of(path)}",
            method,
            way,
            query=(*start, *query),
            body=body,
            is_list=is_list,
            account=self._key.key,
            explain=explain,
        )
        if not self._signs:
            headers = {"Authorization": basic(self._key.key, self._key.secret)}
            if method == "GET":
                # Caches before the shop keep answers by their address; what was just written has to be seen.
                call = replace(call, query=(*call.query, ("nocache", self._make_nonce())))
            return self._http.call(self._place, replace(call, headers=headers))
        call = replace(call, renew=self._signed)
        before = self._offset()
        try:
            return self._http.call(self._place, call)
        except AuthExpired:
            if abs(self._offset() - before) < _SKEW:
                raise
        # Refused unprocessed, perhaps for our clock; that answer's Date header has told us the shop's.
        return self._http.call(self._place, call)

    def _signed(self, call: Call, now: datetime) -> Call:
        key = (self._key.key, self._key.secret)
        target = (call.method, f"{self._place.base}{call.path}")
        return replace(call, query=signed_query(key, target, call.query, now, self._make_nonce()))

    def _offset(self) -> timedelta:
        return self._http.clock_offset(self._place) or timedelta()


def _answer_of(reply: Reply, path: str) -> Answer:
    return Answer(Fields(reply.data, path.strip("/").split("/")[-1] or "site"), reply.server_time, reply.told_at)


def _name_of(path: str) -> str:
    """A path for the log: without numbers, which are somebody's order."""
    return "/".join("#" if part.isdigit() else part for part in path.split("/"))
