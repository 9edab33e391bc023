"""Moving one desk's records to a server for several: the tables, what is made from them, a last look at the stock."""

from collections.abc import Callable

from sqlalchemy.engine import Connection

from core.db.copying import Tell
from core.db.driver import DATABASE_FILE
from core.db.joining import Joining, join
from core.db.keys import has_keys, load_key
from core.db.lock import is_database_open
from core.db.moving import Moved, mark_of, move_to_server
from core.db.open import StoreConfig
from core.db.pending import Act, forget_pending, has_pending, read_pending
from core.db.unit_of_work import UnitOfWork
from core.inventory.queries import check_sums
from core.orders.search_index import index_all
from core.runtime.errors import DomainError, Refused

__all__ = ["Moved", "do_pending", "join_now", "move"]


def move(config: StoreConfig, url: str, tell: Tell = lambda *_: None, *, is_locked: bool = False) -> Moved:
    """As `core.db.moving.move_to_server`, with the search and the stock's sums.

    Raises:
        Refused, Unavailable: as there.
    """
    return move_to_server(config, url, _finish, tell, is_locked=is_locked)


def do_pending(config: StoreConfig, tell: Tell = lambda *_: None) -> Act | None:
    """What this desk was told to do at its next start, before anything is opened; gives it, None where nothing was.

    What is refused is asked for once. A move that was cut off at its end stays asked for until it has ended.

    Raises:
        Refused, Unavailable: as `move` and `core.db.joining.join`.
    """
    folder = config.folder
    if not has_pending(folder):
        return None
    if not has_keys(folder):
        forget_pending(folder)
        return None
    key = load_key(folder, config.key_source)
    pending = read_pending(folder, key)
    if pending is None:
        forget_pending(folder)
        return None
    try:
        if pending.joining is not None:
            join_now(config, pending.joining)
        else:
            move(config, pending.url, tell, is_locked=True)
    except DomainError:
        file = folder / DATABASE_FILE
        if not (file.exists() and mark_of(file, key)):
            forget_pending(folder)
        raise
    forget_pending(folder)
    return pending.act


def join_now(config: StoreConfig, joining: Joining) -> None:
    """As `core.db.joining.join`, unless another program has the folder's records open; hold its `DeskLock`.

    Raises:
        Refused: `db.in_use`, and as there.
        Unavailable: as there.
    """
    if is_database_open(config.folder / DATABASE_FILE):
        raise Refused("db.in_use", f"{config.folder} is open in another program (packdesk serve?); stop it first")
    join(config, joining)


def _finish(source: Connection, uow: UnitOfWork, digest: Callable[[str, str], str], tell: Tell) -> None:
    index_all(uow, digest, lambda done, total: tell("order_search", done, total))
    if list(check_sums(source)) != list(check_sums(uow.connection)):
        raise Refused("move.differs", "the stock on the server has other sums than here", table="stock_level")
