"""Pictures of a first start, step by step."""

from collections.abc import Callable

from desktop.first_start import Source
from desktop.pages.welcome.printer_step import Stage
from desktop.pages.welcome.steps import Step
from desktop.scan_parser import Stroke
from desktop.scan_trial import SAMPLE
from desktop.shell.window import DeskWindow
from tests.gui.settling import settle, settled


def welcome_scenes(window: DeskWindow) -> dict[str, Callable[[], None]]:
    """The first start, step by step; half of it is skipped."""
    frame = window.page("welcome")._presenter
    owner, recovery, source, printer, scanner = (
        frame.steps[step] for step in (Step.OWNER, Step.RECOVERY, Step.SOURCE, Step.PRINTER, Step.SCANNER)
    )

    def scan(text: str, gap_ms: float, ends: str = "enter") -> None:
        for place, char in enumerate(text):
            scanner.put(Stroke(char, 1000.0 + place * gap_ms))
        if ends:
            scanner.put(Stroke("", 1000.0 + len(text) * gap_ms, ends))
        else:
            scanner.quiet()

    def typed() -> None:
        owner.type(name="王老板", pin="274915", pin_again="27491")
        owner.paste("熊猫小店 13800001111 浙江杭州西湖区文三路9号2楼")
        settle(100)
        frame.next()

    def armed() -> None:
        frame.skip()
        settle(100)
        recovery.arm("save")
        frame.next()

    def chosen() -> None:
        frame.skip()
        source.choose(Source.PRACTICE)

    def searched() -> None:
        frame.next()
        settled(lambda: printer.screen.found is not None)

    def asked() -> None:
        printer.take_find(printer.screen.found.finds[0])
        settled(lambda: printer.screen.stage is Stage.ASKED)

    def kept() -> None:
        printer.again("76x130", "tspl")
        settled(lambda: printer.screen.stage is Stage.ASKED)
        printer.came_well()
        settled(lambda: printer.screen.stage is Stage.GOOD)

    def ready() -> None:
        frame.skip()

    def own() -> None:
        frame.choose_source(Source.OWN)

    return {
        "30-welcome": lambda: None,
        "31-welcome-owner": frame.next,
        "31b-welcome-typed": typed,
        "32-welcome-recovery": armed,
        "33-welcome-source": chosen,
        "34-welcome-printer": searched,
        "34b-welcome-asked": asked,
        "34c-welcome-checks": printer.came_badly,
        "34d-welcome-kept": kept,
        "35-welcome-scanner": frame.next,
        "35b-welcome-slow": lambda: scan(SAMPLE, 80),
        "35c-welcome-no-end": lambda: scan(SAMPLE.swapcase(), 4, ""),
        "36-welcome-ready": ready,
        "36b-welcome-own": own,
        "37-settings-again": lambda: window.go("settings"),
    }
