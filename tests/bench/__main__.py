"""Every bench in turn: `python -m tests.bench [--quick] [--keep FOLDER]`; exits with 0 when all bars are met."""

import sys
from importlib import import_module

_BENCHES = ("intake", "flatness", "list", "search", "scan", "start")


def main() -> int:
    """Run them all, also after one that misses its bar."""
    arguments = sys.argv[1:]
    missed = []
    for name in _BENCHES:
        # Only those that seed files know where to keep them.
        takes_folder = name != "intake"
        mine = arguments if takes_folder else [word for word in arguments if word == "--quick"]
        if not import_module(f"tests.bench.bench_{name}").main(mine):
            missed.append(name)
    print(f"\nbars missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
