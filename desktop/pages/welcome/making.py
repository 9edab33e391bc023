"""Puts the first start together: presenters, panels, and what they listen to."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from core.access.rights import Right
from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.errors import error_phrase
from desktop.pages.printers.ports import PrinterDesk
from desktop.pages.welcome.desk_steps import LanguageStep, OwnerDoor, OwnerPeople, OwnerStep, SourceStep
from desktop.pages.welcome.page import WelcomePage
from desktop.pages.welcome.presenter import WelcomePresenter
from desktop.pages.welcome.printer_panel import PrinterPanel
from desktop.pages.welcome.printer_step import PrinterStep
from desktop.pages.welcome.recovery_step import RecoveryStep
from desktop.pages.welcome.scanner_panel import ScannerPanel
from desktop.pages.welcome.scanner_step import ScannerStep
from desktop.pages.welcome.steps import Step
from desktop.pages.welcome.word_panels import LanguagePanel, OwnerPanel, RecoveryPanel, SourcePanel
from desktop.scanner import ScannerFilter
from desktop.texts import Phrase
from desktop.ui import Ui

if TYPE_CHECKING:
    from desktop.shell.ports import DeskPorts


def make_page(
    ui: Ui,
    tasks: Tasks,
    tell: Tell,
    ports: "DeskPorts",
    scanner: ScannerFilter,
    may: Callable[[Right], bool],
    on_go: Callable[[str], None],
) -> WelcomePage:
    """The page with all its steps.

    Args:
        ui: words and colours.
        tasks: where work behind the window runs.
        tell: says a sentence in the message bar.
        ports: of this desk; `welcome` has to be there.
        scanner: the window's, listened to in the step of the scanner.
        may: whether whoever is here has a right.
        on_go: opens a page, or the form for a new shop (`shop_form`).
    """
    desk = ports.welcome
    if desk is None:
        raise RuntimeError("this desk has no first start")
    presenter = WelcomePresenter(desk, tasks, tell, may)
    presenter.on_go = on_go
    people: OwnerPeople | None = ports.people
    door: OwnerDoor | None = ports.door
    language = LanguageStep(ui.settings, tell)
    if ports.several is not None and may(Right.CHANGE_SETTINGS):
        language.on_join = lambda: on_go("desks")
    owner = OwnerStep(desk, ui.settings, tasks, tell, ports.entry.parse, people, door)
    recovery = RecoveryStep(desk, tasks, tell, lambda path, code: _write_recovery(ui, path, code))
    source = SourceStep(desk, tasks, tell)
    source.on_chosen = presenter.choose_source
    source.chosen_before = lambda: presenter.screen.source
    printer = PrinterStep(ports.printers, tasks, tell)
    sensor = ScannerStep(ui.settings, tell)
    scanner_panel = ScannerPanel(ui, sensor, lambda: _print_sample(ports.printers, tasks, tell, sensor))

    def listen(listens: bool) -> None:
        scanner.on_stroke = scanner_panel.put if listens else None

    sensor.on_listen = listen
    presenter.steps = {
        Step.LANGUAGE: language,
        Step.OWNER: owner,
        Step.RECOVERY: recovery,
        Step.SOURCE: source,
        Step.PRINTER: printer,
        Step.SCANNER: sensor,
    }
    recovery_panel = RecoveryPanel(ui, recovery)
    source_panel = SourcePanel(ui, source)
    panels = {
        Step.LANGUAGE: LanguagePanel(ui, language),
        Step.OWNER: OwnerPanel(ui, owner),
        Step.RECOVERY: recovery_panel,
        Step.SOURCE: source_panel,
        Step.PRINTER: PrinterPanel(ui, printer),
        Step.SCANNER: scanner_panel,
    }

    def on_step(step: Step | None) -> None:
        source_panel.offer_practice(presenter.screen.has_practice)
        if step is Step.RECOVERY:
            recovery_panel.forget()

    return WelcomePage(ui, presenter, panels, on_step)


def _write_recovery(ui: Ui, path: Path, code: str) -> None:
    from desktop.pages.welcome.sheet import write_recovery_sheet

    write_recovery_sheet(path, code, ui.texts, QGuiApplication.font().family(), ui.now())


def _print_sample(printers: PrinterDesk, tasks: Tasks, tell: Tell, owner: object) -> None:
    """A test label on this desk's printer: it bears a barcode."""

    def work() -> str:
        view = next((one for one in printers.printers() if one.is_default and not one.is_fixed), None)
        if view is None:
            return ""
        printers.print_test(view.key)
        return view.name

    def done(name: str) -> None:
        said = Phrase("printers.test_sent", {"name": name}) if name else Phrase("welcome.scanner.no_printer")
        tell("good" if name else "notice", said, None)

    tasks.submit(work, done, lambda error: tell("stop", error_phrase(error), None), owner=owner, lane=Lane.PRINTERS)
