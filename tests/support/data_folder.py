"""A data folder as an installation has it, with the world's small shop in it: real schema, key file, encrypted file."""

from dataclasses import dataclass, replace
from pathlib import Path

from core.app import CoreConfig
from core.db.driver import DATABASE_FILE, connect_sqlite
from core.db.key_sources import FileSource
from core.db.keys import adopt_key, create_key, mark_database_made, read_keys
from core.db.migrations.runner import migrate_sqlite
from core.runtime.clock import Clock
from desktop.composition import core_config
from desktop.options import Options
from tests.support.world import KEY, Address, World


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where it is and what opens it."""

    path: Path
    key_file: Path

    @property
    def database(self) -> Path:
        """The encrypted file."""
        return self.path / DATABASE_FILE

    @property
    def source(self) -> FileSource:
        """What this machine keeps."""
        return FileSource(self.key_file)

    def world(self) -> World:
        """The small shop, furnished in this folder's file."""
        return World(Address(sqlite_path=str(self.database)))


def make_data_folder(path: Path, key_file: Path) -> DataFolder:
    """A folder with an empty database of the newest schema, whose key is the world's."""
    folder = DataFolder(path, key_file)
    path.mkdir(parents=True)
    create_key(path, folder.source)
    adopt_key(path, read_keys(path) | {"key_id": KEY.id}, KEY, folder.source)
    migrate_sqlite(lambda: connect_sqlite(folder.database, KEY.file_key))
    mark_database_made(path)
    return folder


def day_options(folder: Path, clock: Clock) -> CoreConfig:
    """What a desk program that works on `folder` is given."""
    options = Options(folder / "data", None, folder / "key", None, "1号台", "小王", is_json=True)
    return replace(core_config(options, works_as="window"), clock=clock)
