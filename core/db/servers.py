"""A PostgreSQL server before anything is entrusted to it: can it be worked with, what is on it, a database for us."""

import ipaddress
import socket
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import URL, make_url, text
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
#: PostgreSQL 15 asks by which library a database sorts
_PROVIDERS_SINCE: Final = 15
#: two make the same database at once: duplicate_database, unique_violation (PostgreSQL, appendix A)
_THERE_ALREADY: Final = frozenset({"42P04", "23505"})


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
            `server.no_rights`, this name may not make tables; `server.not_let_in`; `server.encoding`, an empty
            database that cannot hold every letter (facts `encoding`); `db.foreign`, `db.too_new`.
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
        encoding = str(connection.exec_driver_sql("SHOW server_encoding").scalar_one())
        if encoding != "UTF8":
            raise Refused("server.encoding", f"this database keeps texts as {encoding}, not UTF8", encoding=encoding)
        return ServerLook(shown_address(url), is_empty=True, is_old=False)
    is_old = state.standing is Standing.OLD
    is_empty = not is_old and is_without_rows(connection)
    return ServerLook(shown_address(url), is_empty, is_old, key_ring_of(read_facts(connection)))


def make_database(url: str) -> ServerLook:
    """Make the empty database that `url` names on its server, where it is not there yet, and look at it.

    It holds every letter (UTF8) and sorts by their numbers (`C`) as the file of a desk alone does, whatever the
    server is set to; that order is also the only one that no update of its system changes under our indexes.

    Raises:
        Refused: `server.may_not_make`, this name may not make databases (facts `database`, `user`);
            `server.not_made`, the server says why (facts `said`); and what `look_at_server` refuses.
        Unavailable: `server.unreachable`, `db.full`.
    """
    _refuse_clear(url)
    database, user = make_url(url).database or "", make_url(url).username or ""
    engines = postgres_engines(_beside(url))
    try:
        with engines.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            may = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            if not connection.exec_driver_sql(may).scalar_one():
                raise Refused(
                    "server.may_not_make", f"{user} may not make databases there", database=database, user=user
                )
            _create(connection, database)
    except DBAPIError as error:
        said = getattr(error.orig, "sqlstate", None)
        if said is None or as_domain_error(error, is_committing=False) is not None:
            raise _sentence(error, url) from error
        raise Refused(
            "server.not_made", f"the server does not make it: {error.orig}", said=str(error.orig)
        ) from error
    finally:
        engines.dispose()
    return look_at_server(url)


def _create(connection: Connection, database: str) -> None:
    version = int((connection.dialect.server_version_info or (0,))[0])
    name = connection.dialect.identifier_preparer.quote_identifier(database)
    # Since 15 a server may sort by another library unless told so.
    provider = "LOCALE_PROVIDER libc" if version >= _PROVIDERS_SINCE else ""
    making = f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' {provider}"
    try:
        connection.exec_driver_sql(making)
    except DBAPIError as error:
        # Somebody else made it meanwhile: looking at it says what it is.
        if getattr(error.orig, "sqlstate", None) not in _THERE_ALREADY:
            raise


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


def _beside(url: str) -> str:
    """The database that is always there, on the same server."""
    return make_url(url).set(database="postgres").render_as_string(hide_password=False)


def _who_was_refused(url: str, *, was_asked: bool) -> DomainError:
    """The database that is always there tells a wrong name of a database from a wrong password."""
    database = make_url(url).database or ""
    engines = postgres_engines(_beside(url))
    try:
        with engines.reader.connect() as connection:
            known = text("SELECT 1 FROM pg_database WHERE datname = :name")
            if connection.execute(known, {"name": database}).first() is not None:
                return _not_let_in()
            return Refused("server.no_database", f"there is no database {database} there", database=database)
    except DBAPIError:
        if was_asked:
            return Refused("server.password", "the server does not accept this name and password")
        return _not_let_in()
    finally:
        engines.dispose()


def _not_let_in() -> Refused:
    return Refused("server.not_let_in", "the server does not let this computer in (pg_hba.conf)")
