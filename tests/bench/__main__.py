"""Benches in turn: `python -m tests.bench [NAME ...] [--quick] [--keep FOLDER]`; exits with 0 when all bars are met.

Without a name all of them run, also after one that misses its bar.
"""

import argparse
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

_BENCHES = (
    "intake",
    "pull",
    "flatness",
    "list",
    "search",
    "scan",
    "start",
    "label",
    "reserve",
    "hot",
    "volume",
    "day",
    "files",
    "memory",
    "alerts",
    "stock",
    "listings",
)
#: those that read or write a large seeded file, which can be kept between runs
_SEEDED = ("flatness", "list", "search", "scan", "memory", "alerts")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run those that were named; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of: {', '.join(_BENCHES)}")
    parser.add_argument("--quick", action="store_true", help="smaller files and fewer rounds")
    parser.add_argument("--keep", type=Path, help="folder where seeded files stay for the next run (3 GB)")
    wish = parser.parse_args(arguments)
    unknown = [name for name in wish.names if name not in _BENCHES]
    if unknown:
        parser.error(f"no bench is named {unknown[0]}; there are {', '.join(_BENCHES)}")
    missed = []
    for name in wish.names or _BENCHES:
        mine = ["--quick"] if wish.quick else []
        if wish.keep is not None and name in _SEEDED:
            mine += ["--keep", str(wish.keep)]
        if not import_module(f"tests.bench.bench_{name}").main(mine):
            missed.append(name)
    print(f"\nbars missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
