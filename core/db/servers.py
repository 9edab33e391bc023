"""Looking at a PostgreSQL server before anything is entrusted to it: can it be worked with, and what is on it."""

import ipaddress
import socket
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import URL, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from core.db.copying import is_without_rows
from core.db.engines import postgres_engines
from core.db.facts import key_ring_of, read_facts
from core.db.failures import as_domain_error
from core.db.migrations.state import Standing, schema_state
from core.runtime.errors import DomainError, Refused, Unavailable

#: the oldest the tests know of that is still looked after (postgresql.org/support/versioning)
OLDEST: Final = 14
_PORT: Final = 5432
#: sslmode values by which libpq speaks in clear where the server does not insist (PostgreSQL 34.19)
_LENIENT: Final = frozenset({"", "disable", "allow", "prefer"})


@dataclass(frozen=True, slots=True)
class ServerLook:
    """A server that can be worked with.

    Attributes:
        address: host, port and database, without the password: may be shown.
        is_empty: there is nothing on it; else the records of a shop in this program's schema.
        is_old: its schema is older than this program's.
        key_ring: what the recovery code opens; None where it is empty.
    """

    address: str
    is_empty: bool
    is_old: bool
    key_ring: dict[str, Any] | None = field(default=None, repr=False)


def server_url(host: str, port: int, database: str, user: str, password: str) -> str:
    """The address of a database as a person types it; encrypted on the way where it leaves the own network.

    A `host` that is a folder is one of sockets on this machine.
    """
    query = {} if is_near(host) else {"sslmode": "require"}
    if host.startswith("/"):
        url = URL.create("postgresql+psycopg", user, password or None, None, port, database, {"host": host})
        return url.render_as_string(hide_password=False)
    url = URL.create("postgresql+psycopg", user, password or None, host, port or _PORT, database, query)
    return url.render_as_string(hide_password=False)


def shown_address(url: str) -> str:
    """Host, port and database."""
    parts = make_url(url)
    host = parts.host or str(parts.query.get("host", ""))
    return f"{host}:{parts.port or _PORT}/{parts.database or ''}"


def is_near(host: str) -> bool:
    """Whether a host is this machine or in its own network, so that what is sent there crosses no foreign wire."""
    if not host or host.startswith("/"):
        return True
    try:
        found = {ipaddress.ip_address(host)}
    except ValueError:
        try:
            named = socket.getaddrinfo(host, None)
        except OSError:
            # Nobody knows it: connecting says so.
            return True
        found = {ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in named}
    return not any(address.is_global for address in found)


def look_at_server(url: str) -> ServerLook:
    """Connect, and see what there is.

    Raises:
        Unavailable: `server.unreachable`.
        Refused: `server.password`, name or password are wrong; `server.no_database`; `server.no_tls`, it would send
            everything in clear through a foreign network; `server.version`, too old a PostgreSQL (facts `version`);
            `server.no_rights`, this name may not make tables; `db.foreign`, `db.too_new`.
    """
    _refuse_clear(url)
    engines = postgres_engines(url)
    try:
        with engines.reader.connect() as connection:
            return _look(connection, url)
    except DBAPIError as error:
        raise _sentence(error, url) from error
    finally:
        engines.dispose()


def _look(connection: Connection, url: str) -> ServerLook:
    version = int((connection.dialect.server_version_info or (0,))[0])
    if version < OLDEST:
        raise Refused(
            "server.version", f"PostgreSQL {version} is too old; {OLDEST} is needed", version=version, oldest=OLDEST
        )
    may = "SELECT has_schema_privilege(current_schema(), 'CREATE')"
    if not connection.exec_driver_sql(may).scalar_one():
        raise Refused("server.no_rights", "this name may not make tables in this database")
    state = schema_state(connection)
    if state.standing is Standing.EMPTY:
        return ServerLook(shown_address(url), is_empty=True, is_old=False)
    is_old = state.standing is Standing.OLD
    is_empty = not is_old and is_without_rows(connection)
    return ServerLook(shown_address(url), is_empty, is_old, key_ring_of(read_facts(connection)))


def _refuse_clear(url: str) -> None:
    parts = make_url(url)
    if str(parts.query.get("sslmode", "")) in _LENIENT and not is_near(parts.host or ""):
        raise _no_tls()


def _no_tls() -> Refused:
    return Refused(
        "server.no_tls", "this server is outside of your network and does not encrypt: its owner has to switch TLS on"
    )


def _sentence(error: DBAPIError, url: str) -> DomainError:
    """Why no connection came about. The library gives no code for it, and the server's words are in its language."""
    original: Any = error.orig
    if getattr(original, "sqlstate", None) is not None:
        return as_domain_error(error, is_committing=False) or Unavailable("server.unreachable", str(original))
    if "SSL" in str(original):
        # Words of the client library, which speaks English here.
        return _no_tls()
    pgconn = getattr(original, "pgconn", None)
    was_asked = pgconn is not None and (pgconn.used_password or pgconn.needs_password)
    if _has_answered(url):
        return _who_was_refused(url, was_asked=was_asked)
    return Unavailable("server.unreachable", f"no database server answers at {shown_address(url)}")


def _has_answered(url: str) -> bool:
    """Whether somebody listens there: what a server says after that is about us."""
    parts = make_url(url)
    host = parts.host or str(parts.query.get("host", ""))
    if host.startswith("/"):
        return True
    try:
        with socket.create_connection((host, parts.port or _PORT), timeout=5):
            return True
    except OSError:
        return False


def _who_was_refused(url: str, *, was_asked: bool) -> DomainError:
    """The database that is always there tells a wrong name of a database from a wrong password."""
    engines = postgres_engines(make_url(url).set(database="postgres").render_as_string(hide_password=False))
    try:
        with engines.reader.connect():
            database = make_url(url).database or ""
            return Refused("server.no_database", f"there is no database {database} there", database=database)
    except DBAPIError:
        if was_asked:
            return Refused("server.password", "the server does not accept this name and password")
        return Refused("server.not_let_in", "the server does not let this computer in (pg_hba.conf)")
    finally:
        engines.dispose()
