"""`python -m tests.chaos --lives 10000 --seed 1 [--platform X]`: message chaos over all simulated shops, as a table."""

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.figures import table
from tests.chaos.platforms import KINDS
from tests.chaos.story import Plan, play


def main() -> int:
    """Play, print, and say by the exit code whether anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--lives", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--platform", action="append", choices=KINDS, help="only this one; may stand several times")
    parser.add_argument("--kills", type=int, help="of a pulling process; usually one for 400 lives")
    parser.add_argument("--page", type=int, default=20, help="rows to a page of the shops' lists")
    parser.add_argument("--verbose", action="store_true", help="what the program says meanwhile")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.DEBUG if asked.verbose else logging.CRITICAL, format="%(message)s")
    logging.getLogger("tests.chaos").setLevel(logging.DEBUG if asked.verbose else logging.INFO)
    kills = max(1, asked.lives // 400) if asked.kills is None else asked.kills
    plan = Plan(asked.lives, asked.seed, asked.platform or KINDS, kills, asked.page)
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outcome = play(plan, Path(folder))
    took_s = time.monotonic() - began_s
    print(table(outcome.figures))
    print(f"verdicts of parcels that stayed: {dict(outcome.verdicts)}")
    print(
        f"seed {plan.seed}: {plan.lives} lives in {took_s:.0f} s ({took_s * 1000 / plan.lives:.0f} ms each), "
        f"{outcome.virtual_s / 3600:.1f} virtual hours, {outcome.kills} killed processes, "
        f"{len(outcome.faults)} differences"
    )
    for fault in outcome.faults[:20]:
        print(f"  {fault}")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
