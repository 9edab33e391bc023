"""Sample shops of every platform on this machine, for people to try the program on.

    python -m tests.simulators [taobao tmall jd pdd douyin wechat] [--busy SECONDS]

Prints what to type into the form of a new shop, then takes commands, one a line; `help` lists them. With `--busy`
something happens in a shop every so many seconds.
"""

import argparse
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

from tests.simulators.by_hand import SAMPLES, Sample, furnish, live_on, place_one
from tests.simulators.platforms.shop import RuleError

_HELP = """\
  order SHOP [UNITS]        a buyer orders and pays
  cancel SHOP NO            an order is called off
  refund SHOP NO            a buyer wants money back
  agree SHOP CASE           the shop pays it back
  address SHOP NO TEXT      the parcel shall go elsewhere
  stock SHOP SKU UNITS      somebody types another number in the seller's pages
  list SHOP                 goods, orders and cases
  code SHOP                 what the owner's page would hand over
  fault SHOP NAME           the next call meets trouble; without a name: which there are
  quit
"""


def _out(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _listed(sample: Sample) -> str:
    shop = sample.shop
    goods = [f"  {one.sku_id}  {one.code}  {one.qty} left" for one in shop.goods.values()]
    orders = [f"  {one.no}  {one.state}  {[parcel.number for parcel in one.parcels]}" for one in shop.orders.values()]
    cases = [f"  {one.no}  {one.state}  of {one.order_no}" for one in shop.cases.values()]
    return "\n".join([*goods, *orders, *cases])


def _code(sample: Sample) -> str:
    return "this platform has no such page" if sample.make_code is None else sample.make_code()


def _fault(sample: Sample, names: Sequence[str]) -> str:
    if not names:
        return ", ".join(sorted(sample.server.faults.names))
    sample.server.faults.next(*names)
    return "ordered"


def _obey(sample: Sample, verb: str, rest: Sequence[str], rng: random.Random) -> str:
    shop = sample.shop
    verbs: Mapping[str, Callable[[], object]] = {
        "order": lambda: place_one(shop, rng, int(rest[0]) if rest else 1),
        "cancel": lambda: shop.cancel(rest[0]),
        "refund": lambda: shop.ask_refund(rest[0]).no,
        "agree": lambda: shop.agree(rest[0]),
        "address": lambda: shop.change_address(rest[0], address=" ".join(rest[1:])),
        "stock": lambda: shop.edit_stock(rest[0], int(rest[1])),
        "list": lambda: _listed(sample),
        "code": lambda: _code(sample),
        "fault": lambda: _fault(sample, rest),
    }
    try:
        return str(verbs[verb]() or "done")
    except RuleError as error:
        return f"the shop says no: {error}"
    except (ValueError, IndexError, KeyError):
        return f"not understood; it goes like this:\n{_usage(verb)}"


def _usage(verb: str) -> str:
    """The line of the help that is about a verb; all of it where there is none."""
    return next((line for line in _HELP.splitlines() if line.split()[:1] == [verb]), _HELP)


def answer(samples: Mapping[str, Sample], line: str, rng: random.Random) -> str:
    """What a typed line comes to: an act's result, or what is wrong with the line."""
    verb, _, rest = line.strip().partition(" ")
    if _usage(verb) == _HELP:
        return _HELP if verb in {"", "help"} else f"there is no command {verb}\n{_HELP}"
    name, *words = rest.split() or [""]
    if name not in samples:
        shops = ", ".join(samples)
        said = f"there is no shop {name} here." if name else "which shop?"
        return f"{said} There are: {shops}\n{_usage(verb)}"
    return _obey(samples[name], verb, words, rng)


def _live(samples: Sequence[Sample], seconds: float, ended: threading.Event, rng: random.Random) -> None:
    while not ended.wait(seconds):
        sample = rng.choice(samples)
        _out(f"{sample.name}: {live_on(sample.shop, rng)}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until `quit` or the end of the input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("platforms", nargs="*", choices=[*SAMPLES, []], metavar="PLATFORM")
    parser.add_argument("--busy", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=1)
    wish = parser.parse_args(arguments)
    rng, ended = random.Random(wish.seed), threading.Event()
    with ExitStack() as open_ones:
        samples = {}
        for name in wish.platforms or SAMPLES:
            sample = SAMPLES[name](lambda: datetime.fromtimestamp(time.time(), UTC))
            open_ones.enter_context(sample.server)
            furnish(sample.shop, rng)
            samples[name] = sample
            _out(f"{name}\n" + "\n".join(f"  {field}: {value}" for field, value in sample.fields.items()))
            if sample.make_code is not None:
                _out(f"  code to paste: {sample.make_code()}")
        if wish.busy:
            threading.Thread(target=_live, args=([*samples.values()], wish.busy, ended, rng), daemon=True).start()
        _out(_HELP)
        for line in sys.stdin:
            if line.strip() == "quit":
                break
            _out(answer(samples, line, rng))
        ended.set()
    return 0


if __name__ == "__main__":
    sys.exit(main())
