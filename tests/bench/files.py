"""Seeded files that the benches share, so that a million orders are made once."""

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.seeding import seeded
from tests.bench.shop import BenchFile

SMALL, MIDDLE, LARGE = 10_000, 100_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """What every bench is asked: quick or whole, and where seeded files are kept between runs."""

    quick: bool
    keep: Path | None

    @property
    def largest(self) -> int:
        """How many orders the large file of this run holds."""
        return MIDDLE if self.quick else LARGE


def options_of(description: str | None, arguments: Sequence[str] | None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="100,000 orders instead of 1,000,000, fewer rounds")
    parser.add_argument("--keep", type=Path, help="folder where seeded files stay for the next run (3 GB)")
    wish = parser.parse_args(arguments)
    return Options(wish.quick, wish.keep)


@contextmanager
def large_file(options: Options, orders: int, *, is_written: bool = True) -> Iterator[BenchFile]:
    """A seeded file; one that will be written to is a copy, so that the kept one stays as it was made."""
    with tempfile.TemporaryDirectory(dir=options.keep) as folder:
        copy = Path(folder, "bench.db")
        if options.keep is None:
            file = seeded(copy, orders)
        elif not is_written:
            file = seeded(options.keep / f"{orders}.db", orders)
        else:
            seeded(options.keep / f"{orders}.db", orders).close()
            shutil.copyfile(options.keep / f"{orders}.db", copy)
            with copy.open("rb") as whole:
                # Else the copy's own pages are on their way to the disk while commits are timed.
                os.fsync(whole.fileno())
            file = BenchFile.open(copy)
        try:
            yield file
        finally:
            file.close()
