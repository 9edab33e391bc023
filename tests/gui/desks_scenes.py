"""Pictures of the page of several desks."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from core.db.cipher import Digester
from core.db.open import OpenedStore
from core.db.servers import ServerLook
from core.desk.several import ServerWords, Several
from core.sync.presence import beat, set_always_on
from desktop.shell.window import DeskWindow
from desktop.texts import Phrase
from tests.support.world import KEY, World

_SERVER = "postgresql://packdesk:word@192.168.1.20/packdesk"
_WORDS = ServerWords("192.168.1.20", 5432, "packdesk", "packdesk", "word")


def several_of(spine: World, folder: Path, *, is_host: bool = False) -> Several:
    opened = OpenedStore(spine.store, KEY, Digester(KEY), folder)
    return Several(spine.store, replace(opened, server_url=_SERVER) if is_host else opened)


def desks_scenes(
    window: DeskWindow, spine: World, folder: Path, settled: Callable[[Callable[[], bool]], None]
) -> Mapping[str, Callable[[], None]]:
    def presenter():
        return window.page("desks")._presenter

    def alone() -> None:
        spine.do(lambda uow: beat(uow, "desk-pc:1/window"))
        window.go("desks")
        settled(lambda: presenter().screen.together is not None)

    def host() -> None:
        presenter().choose("host")
        presenter().type_server(replace(_WORDS, host="192.168.1.2"))
        presenter()._show(trouble=Phrase("error.server.unreachable"))

    def missing() -> None:
        presenter()._show(may_make=True, trouble=Phrase("error.server.no_database", {"database": "packdesk"}))

    def found() -> None:
        presenter().type_server(_WORDS)
        presenter()._show(look=ServerLook("192.168.1.20:5432/packdesk", is_empty=True, is_old=False))

    def join() -> None:
        presenter().choose("join")
        presenter().type_code("PDJ1-ABCDEFGH", "7K3M-9QXB")
        presenter()._show(trouble=Phrase("error.join.has_records"), leaves=True)

    def next_start() -> None:
        presenter()._done("host")

    def together() -> None:
        presenter()._show(next_start="")
        presenter()._desk = several_of(spine, folder, is_host=True)
        spine.do(lambda uow: beat(uow, "nas:2/serve"))
        spine.do(lambda uow: set_always_on(uow, "nas:2/serve", "NAS", is_always_on=True))
        spine.clock.advance(minutes=12)
        spine.do(lambda uow: beat(uow, "desk-pc:1/window"))
        spine.do(lambda uow: beat(uow, "desk-pc:3/window"))
        presenter().look()
        settled(lambda: bool(presenter().screen.together.server))
        presenter().invite()
        settled(lambda: presenter().screen.invitation is not None)

    return {
        "70-desks-alone": alone,
        "70b-desks-host": host,
        "70b2-desks-no-database": missing,
        "70c-desks-found": found,
        "70d-desks-join": join,
        "70e-desks-next-start": next_start,
        "70f-desks-together": together,
    }
