"""Where core and printing meet: one running desk, with or without a window.

Printing and the practice shop are imported where they start: a window answers scans before that.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from core.app import Core, CoreConfig, build
from core.runtime.errors import DomainError
from desktop.alert_words import catalogue_words
from desktop.options import Options
from desktop.settings import desk_identity
from resources.paths import practice_pictures_dir, regions_file

if TYPE_CHECKING:
    from desktop.printers import Printers
    from printing.render import LabelRenderer

_log = logging.getLogger(__name__)

#: setting: whether the practice shop is open
_PRACTICE = "practice"
#: setting: whether the practice shop reserves at the door before it sells
_PRACTICE_DOOR = "practice.door"
_FIRST_ORDERS = 20


def core_config(options: Options, *, works_as: str = "", program_version: str = "") -> CoreConfig:
    """What the shared options mean for core.

    Args:
        options: as given on the command line.
        works_as: the program of this desk that will take work (`window`, `serve`) and has to find what it left half
            done; empty for a verb that only looks, which then leaves no file behind either.
        program_version: kept with the database.
    """
    desk_id = desk_identity(options.data) if works_as else ""
    return CoreConfig(
        folder=options.data,
        desk=options.desk,
        operator=options.operator,
        desk_id=desk_id,
        holder=f"{desk_id}/{works_as}" if works_as else "",
        key_file=options.key_file,
        database_url=options.database_url,
        recovery_code=options.recovery_code,
        program_version=program_version,
        regions_file=regions_file(),
        say=catalogue_words(),
    )


class Practice:
    """The practice shop of an installation: runs in this program, on this machine only."""

    def __init__(self, core: Core, folder: Path) -> None:
        from core.practice.catalogue import practice_catalogue
        from core.practice.moving_in import move_in
        from core.practice.server import PracticeServer, kept_secrets

        keys = kept_secrets(folder)
        self.server = PracticeServer(folder, keys, core.config.clock, pictures=practice_pictures_dir())
        self.server.start()
        self._core = core
        self.shop_id = core.store.write(
            lambda uow: move_in(uow, self.server.url, self.server.carrier_url, keys, practice_catalogue())
        )
        self.follow_door()

    def address(self) -> str:
        """The shop's own page, for a browser on this machine."""
        return self.server.url

    def uses_door(self) -> bool:
        """Whether the shop reserves at the centre's door before it sells."""
        return self.server.shop.checkout is not None

    def use_door(self, *, is_on: bool) -> None:
        """Let the shop reserve before it sells, with a key of its own, from now on and after each start; or not."""
        self._core.settings.put(_PRACTICE_DOOR, is_on)
        self.follow_door()

    def follow_door(self) -> None:
        """Do as the setting says; a key that was revoked meanwhile is replaced."""
        core, shop = self._core, self.server.shop
        if not core.settings.get(_PRACTICE_DOOR, False):
            shop.checkout = None
            return
        from core.gateway.keys import key_of_shop, make_key
        from core.gateway.wishes import wish_of
        from core.practice.checkout import Checkout, DoorAccess

        desk_id = core.config.desk_id or core.config.desk
        key = core.store.read(lambda connection: key_of_shop(connection, self.shop_id))
        if key is None:
            key = core.store.write(lambda uow: make_key(uow, self.shop_id))
        wish = core.store.read(lambda connection: wish_of(connection, desk_id))
        shop.checkout = Checkout(DoorAccess(wish.port, key.key, key.secret))

    def place_orders(self, count: int) -> int:
        """Let invented buyers place and pay orders, and pull them; gives how many there are now."""
        from core.practice.generator import generate_orders

        before = self.server.shop.summary()["orders"]
        # The seed follows the shop, so that the same practice can be had again and no two rounds are alike.
        generate_orders(self.server.shop, count, seed=before + 1)
        self._core.pull_now()
        return before + count

    def stop(self) -> None:
        """Close the shop; its memory stays."""
        self.server.stop()


def wants_practice(core: Core) -> bool:
    """Whether the practice shop is switched on: it is until somebody switches it off."""
    return bool(core.settings.get(_PRACTICE, True))


def want_practice(core: Core, *, is_wanted: bool) -> None:
    """Switch the practice shop on or off, for every start from the next on."""
    core.settings.put(_PRACTICE, is_wanted)


class Desk:
    """Core, printers and practice shop of one running program."""

    def __init__(
        self, config: CoreConfig, make_renderer: "Callable[[], LabelRenderer] | None", *, virtual_folder: Path
    ) -> None:
        """Open core. Nothing works by itself and nothing can be printed before `start`.

        Args:
            config: which data, who works with it.
            make_renderer: draws the labels; None where nothing is printed.
            virtual_folder: where the virtual printer keeps its labels.
        """
        self.core = build(config)
        self.practice: Practice | None = None
        self.printers: Printers | None = None
        self._make_renderer = make_renderer
        self._virtual_folder = virtual_folder

    def start(self, *, with_practice: bool | None = None) -> None:
        """Open the practice shop if it is wanted, then start the printers and every lane.

        Args:
            with_practice: None does what the settings say, and a practice shop that opens for the first time has
                buyers already, so that there is something to pack.
        """
        wanted = wants_practice(self.core) if with_practice is None else with_practice
        is_first = with_practice is None and not self.core.shops()
        if wanted:
            try:
                self.practice = Practice(self.core, self.core.config.folder / "practice")
            except (OSError, DomainError) as error:
                _log.error("the practice shop could not be opened: %s", error)
        if self._make_renderer is not None:
            from desktop.printers import Printers

            self.printers = Printers(self.core, self._make_renderer(), self._virtual_folder)
            self.printers.start()
        self.core.start()
        if is_first and self.practice is not None:
            self.practice.place_orders(_FIRST_ORDERS)

    def open_practice(self) -> None:
        """Open the practice shop while everything runs; one without any order gets its first buyers.

        Raises:
            OSError, DomainError: it could not be opened.
        """
        if self.practice is None:
            self.practice = Practice(self.core, self.core.config.folder / "practice")
            self.core.adopt_shops()
        if self.practice.server.shop.summary()["orders"] == 0:
            self.practice.place_orders(_FIRST_ORDERS)

    def stop(self) -> None:
        """Stop in the order in which things depend on each other: labels first, then core, then the practice shop."""
        if self.printers is not None:
            self.printers.stop()
        self.core.stop()
        if self.practice is not None:
            self.practice.stop()
