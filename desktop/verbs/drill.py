"""`packdesk drill`: plays a sale in virtual time and counts what was oversold; touches no data of anybody."""

import argparse
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from core.channels.stock_contract import BelowZero, CancelledUnit, WriteKind
from core.practice.drill.records import Mode, Plan, Result, Trouble, check_plan
from core.runtime.errors import Refused
from desktop.drill_words import FIGURES, comparison, figure, meaning
from desktop.options import Options, default_data_folder
from desktop.settings import DeskSettings
from desktop.texts import LANGUAGES, Texts
from desktop.verbs.answer import OK, REFUSED, guarded, tell, whole_number

_RUSH_MINUTES = 20
_GAP = "  "


def run(argv: Sequence[str]) -> int:
    """Play; exit code 1 when mode `quota` oversold, which must never be."""
    parser = _parser()
    wish = parser.parse_args(argv)
    plan = _plan(wish)
    try:
        check_plan(plan)
    except Refused as error:
        parser.error(str(error))
    folder = (wish.data or default_data_folder()).expanduser().absolute()
    options = Options(folder, None, None, None, desk="", operator="", is_json=wish.json)
    texts = Texts(wish.language or DeskSettings(folder).text("language"))
    modes = tuple(Mode) if wish.compare else (Mode(wish.mode),)
    return guarded(options, lambda: _play(options, texts, plan, modes))


def _play(options: Options, texts: Texts, plan: Plan, modes: Iterable[Mode]) -> int:
    from core.practice.drill.playing import play
    from core.practice.drill.watching import WATCHES

    results = tuple(play(plan, mode, WATCHES) for mode in modes)
    facts = [result.facts() for result in results]
    tell(options, facts[0] if len(facts) == 1 else {"modes": facts}, _table(plan, results, texts))
    is_kept = all(not result.oversold for result in results if result.mode is Mode.QUOTA)
    return OK if is_kept else REFUSED


# --- words on the command line ------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="packdesk drill",
        description="Play a sale against simulated shops in virtual time, and count what was sold beyond the stock.",
    )
    add = parser.add_argument
    add("--stock", type=whole_number(1, 100_000), default=300, metavar="N", help="units that are really there")
    add("--demand", type=whole_number(0, 100_000), default=700, metavar="N", help="buyers, one unit each")
    add(
        "--rush", type=_share(1.0), default=0.7, metavar="SHARE", help="share of them that comes in the first minutes"
    )
    add("--rush-minutes", type=whole_number(1, 1440), metavar="M", help="how long the rush lasts (default 20)")
    add("--minutes", type=whole_number(1, 1440), default=120, metavar="M", help="how long the sale lasts")
    add("--lag", type=whole_number(0, 7200), default=480, metavar="SECONDS", help="until we hear of an order")
    add("--shops", type=whole_number(1, 8), default=2, metavar="N", help="how many shops sell")
    add("--seed", type=whole_number(0, 999_999_999), default=1, metavar="S", help="the same seed, the same sale")
    add("--mode", choices=[mode.value for mode in Mode], default=Mode.QUOTA.value, help="how the shops are told")
    add("--compare", action="store_true", help="play all four modes")
    add("--buffer", type=whole_number(0, 100_000), metavar="N", help="units mode buffer keeps back (default a fifth)")
    _add_shops(parser)
    add("--json", action="store_true", help="answer with one JSON object")
    add("--language", choices=LANGUAGES, help="of the table (default: that of this desk)")
    add("--data", type=Path, metavar="DIR", help="where this desk keeps its language; nothing else is read there")
    return parser


def _add_shops(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("how the shops behave").add_argument
    add("--write", choices=list(WriteKind), default=WriteKind.KEYED_DELTA.value, help="how they take stock writes")
    add("--below-zero", choices=list(BelowZero), default=BelowZero.REFUSES.value, help="asked for more than is left")
    units = CancelledUnit.PLATFORM.value
    add("--cancelled-unit", choices=list(CancelledUnit), default=units, help="who gets a cancelled unit back")
    add("--calls-per-minute", type=whole_number(1, 6000), default=60, metavar="N", help="stock writes each takes")
    add("--hides-lag", action="store_true", help="they do not say how late their orders become visible")
    add(
        "--loss",
        type=_share(0.45),
        default=0.0,
        metavar="SHARE",
        help="calls lost before, and as many after, it was done",
    )
    add("--overtaken", type=_share(0.9), default=0.0, metavar="SHARE", help="writes that arrive after later ones")
    add("--repeated", type=_share(0.9), default=0.0, metavar="SHARE", help="writes that arrive twice")
    add(
        "--disordered",
        type=_share(0.9),
        default=0.0,
        metavar="SHARE",
        help="pages with doubled, old, shuffled orders",
    )
    add("--cancels", type=_share(0.9), default=0.0, metavar="SHARE", help="buyers who take their order back")
    add("--unpaid", type=_share(0.9), default=0.0, metavar="SHARE", help="buyers who never pay")
    add("--edits", type=whole_number(0, 1000), default=0, metavar="N", help="changes by hand of a shop's number")


def _share(most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0.0 <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number between 0 and {most:g}")
        return value

    return read


def _plan(wish: argparse.Namespace) -> Plan:
    return Plan(
        stock=wish.stock,
        demand=wish.demand,
        rush=wish.rush,
        rush_minutes=wish.rush_minutes or min(_RUSH_MINUTES, wish.minutes),
        minutes=wish.minutes,
        lag_s=wish.lag,
        shops=wish.shops,
        seed=wish.seed,
        buffer=wish.buffer,
        write=WriteKind(wish.write),
        below_zero=BelowZero(wish.below_zero),
        cancelled_unit=CancelledUnit(wish.cancelled_unit),
        calls_per_minute=wish.calls_per_minute,
        hides_lag=wish.hides_lag,
        trouble=Trouble(
            lost_before=wish.loss,
            lost_after=wish.loss,
            overtaken=wish.overtaken,
            repeated=wish.repeated,
            disordered=wish.disordered,
            cancelled=wish.cancels,
            unpaid=wish.unpaid,
            edits=wish.edits,
        ),
    )


# --- the table ----------------------------------------------------------------------------------------------------


def _table(plan: Plan, results: Sequence[Result], texts: Texts) -> str:
    head = [
        texts.t("drill.figure.mode"),
        *(texts.t(f"drill.figure.{name}") for name in ("stock", "demand", *FIGURES)),
    ]
    rows = [
        [
            texts.t(f"drill.mode.{result.mode.value}"),
            *(figure(result, name, texts) for name in ("stock", "demand", *FIGURES)),
        ]
        for result in results
    ]
    widths = [max(_width(row[place]) for row in (head, *rows)) for place in range(len(head))]
    lines = [
        _GAP.join(_padded(text, width, place) for place, (text, width) in enumerate(zip(row, widths, strict=True)))
        for row in (head, *rows)
    ]
    lines += ["", *(texts.say(meaning(plan, result)) for result in results)]
    together = comparison(tuple(results))
    if together is not None:
        lines.append(texts.say(together))
    return "\n".join(line.rstrip() for line in lines)


def _padded(text: str, width: int, place: int) -> str:
    space = " " * (width - _width(text))
    return f"{text}{space}" if place == 0 else f"{space}{text}"


def _width(text: str) -> int:
    """Columns of a terminal: a Chinese sign takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
