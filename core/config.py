"""How to build the core: where its records are, who works here, and what the program around it lends it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.db.key_sources import key_source
from core.db.keys import KeySource
from core.runtime.clock import Clock, SystemClock

if TYPE_CHECKING:
    from core.alerts.wording import Say


@dataclass(frozen=True, slots=True)
class CoreConfig:
    """How to build the core.

    `key_file` None keeps the machine's secret in the system keyring; `asked` is that place where it has been asked
    already. `desk_id` tells this desk from all others whatever it is called (see `Desks`). `holder` names this
    program among all that share the database; it outlives a crash of the same program and a renaming of its desk, so
    that what it left half done is found again. `regions_file` holds the table by which addresses are taken apart.

    `signs_in` lets only those who are signed in work here, once there are operators: for a window. A verb without
    one, like the lanes, is the program itself and may do everything: whoever can open the database with its key
    could do so anyway.

    `say` finds the words of messages to people who sit at no screen.
    """

    folder: Path
    desk: str = "desk-1"
    operator: str = "clerk"
    desk_id: str = ""
    holder: str = ""
    signs_in: bool = False
    key_file: Path | None = None
    asked: KeySource | None = None
    database_url: str | None = None
    recovery_code: str | None = field(default=None, repr=False)
    may_migrate_without_backup: bool = False
    program_version: str = ""
    carrier_code: str = "PX"
    regions_file: Path | None = None
    pull_every_s: float = 10.0
    say: "Say | None" = None
    clock: Clock = field(default_factory=SystemClock)

    @property
    def key_source(self) -> KeySource:
        """Where the machine keeps its secret."""
        return self.asked or key_source(self.key_file)
