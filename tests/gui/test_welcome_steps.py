"""The first start without widgets: the way through the steps, and each step by itself."""

import json
from types import SimpleNamespace

import pytest

from core.access.records import Session
from core.access.rights import RIGHTS, Role
from core.customers.address_parsing import parse_receiver
from core.customers.regions import RegionTable
from core.runtime.errors import Refused, Unavailable
from core.waybills.contract import Sender
from desktop.bridge.tasks import InlineTasks
from desktop.first_start import FirstStart, FirstStartFile, Scope, Source, is_new_folder, language_of
from desktop.pages.printers.ports import FindView, FoundPrinters, PrinterView
from desktop.pages.welcome.desk_steps import LanguageStep, OwnerStep, SourceStep
from desktop.pages.welcome.presenter import WelcomePresenter
from desktop.pages.welcome.printer_step import PrinterStep, Stage
from desktop.pages.welcome.recovery_step import RecoveryStep
from desktop.pages.welcome.scanner_step import ScannerStep
from desktop.pages.welcome.steps import Outcome, Step, steps_of
from desktop.scan_parser import Stroke
from desktop.scan_trial import SAMPLE, Finding
from desktop.settings import DeskSettings
from resources.paths import regions_file
from tests.gui.conftest import ManualTasks
from tests.support.welcome import CODE, FakeWelcome

SENDER = Sender("熊猫小店", "13800001111", "浙江省", "杭州市", "西湖区", "文三路9号2楼")


def fail(error):
    raise error


@pytest.fixture
def desk(tmp_path):
    made = FakeWelcome(tmp_path)
    made.start()
    return made


@pytest.fixture
def told():
    return []


@pytest.fixture
def tell(told):
    return lambda tone, phrase, _undo: told.append((tone, phrase.code))


@pytest.fixture
def done():
    """Called by a step that lets the clerk go on."""
    calls = []

    def on_done():
        calls.append(True)

    on_done.calls = calls
    return on_done


# --- the file ----------------------------------------------------------------------------------------------------------


def test_only_a_folder_nobody_ever_used_is_new(tmp_path):
    assert is_new_folder(tmp_path)
    FirstStartFile(tmp_path).keep(FirstStart())
    assert is_new_folder(tmp_path), "the file itself makes no old folder: the database may never have been made"
    for name in ("packdesk.db", "desk-id.json", "desk.json"):
        (tmp_path / name).touch()
        assert not is_new_folder(tmp_path)
        (tmp_path / name).unlink()


def test_where_it_stands_is_read_again_and_nonsense_begins_anew(tmp_path):
    file = FirstStartFile(tmp_path)
    assert file.read() is None
    state = FirstStart(Scope.SHOP, "printer", {"owner": "skipped"}, Source.FILES)
    file.keep(state)
    assert file.read() == state
    (tmp_path / "welcome.json").write_text("{broken")
    assert file.read() == FirstStart()
    (tmp_path / "welcome.json").write_text(json.dumps({"scope": "moon", "outcomes": 7, "step": "later"}))
    assert file.read() == FirstStart(step="later")
    file.end()
    assert file.read() is None


@pytest.mark.parametrize(
    ("system", "language"), [("zh_CN", "zh_CN"), ("zh_TW", "zh_CN"), ("C", "zh_CN"), ("en_US", "en"), ("de_DE", "en")]
)
def test_the_language_is_guessed(system, language):
    assert language_of(system) == language


# --- which steps -------------------------------------------------------------------------------------------------------


def test_one_more_desk_of_a_shop_has_its_own_steps_only():
    assert steps_of(Scope.DESK, lambda _right: True, True, {}) == (
        Step.LANGUAGE,
        Step.PRINTER,
        Step.SCANNER,
        Step.READY,
    )


def test_steps_are_by_right_and_the_code_is_asked_for_once():
    assert steps_of(Scope.SHOP, lambda _right: True, True, {}) == tuple(Step)
    assert Step.RECOVERY not in steps_of(Scope.AGAIN, lambda _right: True, False, {})
    assert Step.RECOVERY in steps_of(Scope.SHOP, lambda _right: True, False, {"recovery": "done"})
    packer = RIGHTS[Role.PACKER]
    assert steps_of(Scope.AGAIN, packer.__contains__, True, {}) == (Step.LANGUAGE, Step.SCANNER, Step.READY)


# --- the frame ---------------------------------------------------------------------------------------------------------


class Plain:
    """A step that is done as soon as it is asked."""

    def __init__(self):
        self.heard = []

    def enter(self):
        self.heard.append("enter")

    def finish(self, on_done):
        self.heard.append("finish")
        on_done()

    def leave(self):
        self.heard.append("leave")


@pytest.fixture
def frame(desk, tell):
    made = WelcomePresenter(desk, InlineTasks(fail), tell, lambda _right: True)
    made.steps = {step: Plain() for step in Step if step is not Step.READY}
    made.went = []
    made.on_go = made.went.append
    return made


def test_through_all_steps_to_the_desk(frame, desk):
    frame.begin()
    seen = []
    while frame.screen.step is not Step.READY:
        seen.append(frame.screen.step)
        assert desk.file.read().step == frame.screen.step
        frame.next()
    assert seen == [step for step in Step if step is not Step.READY]
    assert set(frame.screen.outcomes.values()) == {Outcome.DONE}
    assert all(step.heard == ["enter", "finish", "leave"] for step in frame.steps.values())
    frame.choose_source(Source.OWN)
    frame.next()
    assert frame.went == ["shop_form"]
    assert desk.file.read() is None, "it never comes again"


def test_after_a_kill_it_goes_on_where_it_stood(frame, desk, tell):
    frame.begin()
    frame.next()
    frame.skip()
    again = WelcomePresenter(desk, InlineTasks(fail), tell, lambda _right: True)
    again.begin()
    assert again.screen.step is Step.RECOVERY
    assert dict(again.screen.outcomes) == {Step.LANGUAGE: Outcome.DONE, Step.OWNER: Outcome.SKIPPED}


def test_going_on_later_keeps_the_step_and_coming_back_opens_it(frame, desk, told):
    frame.begin()
    frame.next()
    frame.later()
    assert (frame.went, told) == (["packing"], [("notice", "welcome.later.said")])
    assert desk.file.read().step == "owner"
    frame.begin()
    assert frame.screen.step is Step.OWNER
    assert frame.steps[Step.OWNER].heard == ["enter", "leave", "enter"]


def test_back_goes_back_and_what_was_done_stays_done(frame):
    frame.begin()
    assert not frame.back()
    frame.next()
    assert frame.back()
    assert frame.screen.step is Step.LANGUAGE
    frame.skip()
    assert frame.screen.outcomes[Step.LANGUAGE] is Outcome.DONE


def test_an_answer_that_comes_after_the_clerk_went_on_settles_nothing(frame):
    late = []
    frame.steps[Step.OWNER].finish = late.append
    frame.begin()
    frame.next()
    frame.next()
    frame.skip()
    assert frame.screen.step is Step.RECOVERY
    late[0]()
    assert frame.screen.step is Step.RECOVERY
    assert frame.screen.outcomes[Step.OWNER] is Outcome.SKIPPED


def test_nobody_gets_invented_orders_who_did_not_ask_for_them(frame, desk):
    frame.begin()
    for _ in range(3):
        frame.next()
    assert frame.screen.step is Step.SOURCE
    frame.skip()
    assert desk.practice == "closed"


def test_once_more_from_the_settings_leaves_no_trace_and_closes_no_practice_shop(frame, desk):
    desk.file.end()
    frame.begin(again=True)
    for _ in range(3):
        frame.next()
    frame.skip()
    assert desk.practice == "undecided"
    assert desk.file.read() is None
    frame.begin(again=True)
    assert frame.screen.step is Step.LANGUAGE
    assert not frame.screen.outcomes


def test_a_disk_that_is_full_does_not_stop_the_steps(frame, desk, told):
    frame.begin()
    desk.file.keep = lambda _state: fail(Unavailable("welcome.not_kept", "no space"))
    frame.next()
    assert frame.screen.step is Step.OWNER
    assert told == [("stop", "error.welcome.not_kept")]


# --- language, owner ---------------------------------------------------------------------------------------------------


def test_a_language_holds_at_once_and_the_name_when_going_on(tell, done):
    settings = DeskSettings(None)
    step = LanguageStep(settings, tell)
    step.choose("en")
    step.name("  Desk 2 ")
    assert (settings.text("language"), settings.text("desk_name")) == ("en", "")
    step.finish(done)
    assert settings.text("desk_name") == "Desk 2"
    step.name("")
    step.finish(done)
    assert settings.text("desk_name") == "Desk 2"


class Shop:
    """People and door of a shop without anybody."""

    def __init__(self):
        self.added, self.entered = [], []

    def session(self):
        return Session(is_guarded=bool(self.added))

    def add(self, name, roles, pin):
        if pin == "1234":
            raise Refused("pin.too_simple", "digits in a row")
        self.added.append((name, roles, pin))

    def by_pin(self, name, pin):
        self.entered.append((name, pin))
        return Session(is_guarded=True)


@pytest.fixture
def owner(desk, tell):
    shop, settings = Shop(), DeskSettings(None)
    regions = RegionTable.load(regions_file())
    made = OwnerStep(desk, settings, InlineTasks(fail), tell, lambda text: parse_receiver(text, regions), shop, shop)
    made.shop, made.settings = shop, settings
    made.enter()
    return made


def test_one_clerk_needs_no_sign_in(owner, desk, done):
    owner.type(name="王老板")
    owner.finish(done)
    assert done.calls
    assert owner.settings.text("clerk") == "王老板"
    assert owner.shop.added == []
    assert desk.kept_sender is None


def test_an_owner_with_a_pin_is_an_admin_and_in_at_once(owner, done):
    owner.type(name="王老板", pin="274915", pin_again="274915")
    owner.finish(done)
    assert owner.shop.added == [("王老板", (Role.ADMIN,), "274915")]
    assert owner.shop.entered == [("王老板", "274915")]
    assert owner.screen.is_guarded
    assert (owner.screen.pin, owner.settings.text("clerk")) == ("", "")


def test_an_owner_who_is_in_already_just_goes_on(owner, done):
    owner.shop.added.append("somebody")
    owner.enter()
    owner.finish(done)
    assert done.calls


def test_a_pasted_sender_is_taken_apart_and_kept(owner, desk, done):
    owner.paste("熊猫小店 13800001111\n浙江杭州西湖区文三路9号2楼")
    assert owner.screen.sender == SENDER
    owner.type(sender_name="熊猫小店杭州仓")
    owner.finish(done)
    assert desk.kept_sender.name == "熊猫小店杭州仓"
    assert owner.settings.text("clerk") == ""


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({}, "welcome.nothing_yet"),
        ({"pin": "274915", "pin_again": "274915"}, "welcome.owner.name_first"),
        ({"name": "王", "pin": "274915"}, "people.pins_differ"),
        ({"name": "王", "pin": "1234", "pin_again": "1234"}, "error.pin.too_simple"),
    ],
)
def test_what_does_not_do_is_said_and_nothing_is_lost(owner, done, typed, code):
    owner.type(**typed)
    owner.finish(done)
    assert (owner.screen.trouble.code, done.calls, owner.shop.added) == (code, [], [])
    assert owner.screen.name == typed.get("name", "")


def test_a_refused_sender_names_the_field_and_takes_nobody_in(owner, desk, done):
    desk.fault = Refused("sender.field_bad", "the phone", field="phone")
    owner.type(name="王", pin="274915", pin_again="274915", sender_phone="12")
    owner.finish(done)
    trouble = owner.screen.trouble
    assert (trouble.code, trouble.facts["field"].code) == ("error.sender.field_bad", "entry.field.phone")
    assert owner.shop.added == []
    assert owner.screen.sender.phone == "12"
    owner.finish(done)
    assert done.calls
    assert len(owner.shop.added) == 1


def test_a_second_enter_takes_nobody_in_twice(desk, tell, done):
    shop, tasks = Shop(), ManualTasks()
    step = OwnerStep(desk, DeskSettings(None), tasks, tell, fail, shop, shop)
    step.type(name="王", pin="274915", pin_again="274915")
    step.finish(done)
    step.finish(done)
    tasks.run()
    assert len(shop.added) == 1


def test_no_pin_and_no_sender_stands_in_a_text_of_the_screen(owner):
    owner.type(name="王老板", pin="274915", pin_again="274915", sender_phone="13800001111")
    assert not any(secret in repr(owner.screen) for secret in ("王老板", "274915", "13800001111"))
    owner.leave()
    assert (owner.screen.pin, owner.screen.name) == ("", "王老板")


# --- recovery code -----------------------------------------------------------------------------------------------------


@pytest.fixture
def recovery(desk, tell):
    made = RecoveryStep(desk, InlineTasks(fail), tell, lambda path, code: path.write_text(code))
    made.enter()
    return made


def test_the_code_is_asked_for_once_and_confirmed_by_typing(recovery, desk, done):
    recovery.leave()
    recovery.enter()
    assert (recovery.screen.code, desk.codes_given) == (CODE, 1)
    recovery.finish(done)
    assert recovery.screen.trouble.code == "welcome.recovery.type_first"
    recovery.type("GTPRH")
    recovery.finish(done)
    assert (recovery.screen.trouble.code, done.calls) == ("error.key.code_wrong", [])
    recovery.type(CODE.lower())
    recovery.finish(done)
    assert done.calls
    assert (recovery.screen.is_confirmed, recovery.screen.code) == (True, "")


def test_the_code_leaves_the_window_only_at_a_second_press(recovery, tmp_path):
    assert CODE not in repr(recovery.screen)
    assert not recovery.arm("copy")
    assert recovery.screen.armed == "copy"
    assert not recovery.arm("save"), "the warning of one is not the warning of the other"
    assert recovery.arm("save")
    recovery.save(tmp_path / "code.txt")
    assert (tmp_path / "code.txt").read_text() == CODE
    assert recovery.screen.good.code == "welcome.recovery.saved"
    recovery.arm("copy")
    recovery.leave()
    assert recovery.screen.armed == ""


def test_a_code_confirmed_before_is_not_asked_for(desk, tell, done):
    desk.is_confirmed = True
    step = RecoveryStep(desk, InlineTasks(fail), tell, fail)
    step.enter()
    step.finish(done)
    assert done.calls


# --- where orders come from --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "practice"), [(Source.PRACTICE, "open"), (Source.OWN, "closed"), (Source.FILES, "closed")]
)
def test_one_of_three_ways_to_orders(desk, tell, done, source, practice):
    step = SourceStep(desk, InlineTasks(fail), tell)
    chosen = []
    step.on_chosen = chosen.append
    step.finish(done)
    assert step.screen.trouble.code == "welcome.nothing_yet"
    step.choose(source)
    assert desk.practice == "undecided", "nothing is done before the clerk goes on"
    step.finish(done)
    assert (desk.practice, chosen, done.calls) == (practice, [source], [True])


def test_what_was_chosen_before_a_kill_is_still_chosen(desk, tell, done):
    step = SourceStep(desk, InlineTasks(fail), tell)
    step.chosen_before = lambda: Source.FILES
    step.enter()
    assert step.screen.chosen is Source.FILES
    step.finish(done)
    assert done.calls


def test_a_practice_shop_that_cannot_open_is_said(desk, tell, done):
    step = SourceStep(desk, InlineTasks(fail), tell)
    desk.fault = Refused("db.full", "the disk is full")
    step.choose(Source.PRACTICE)
    step.finish(done)
    assert (step.screen.trouble.code, step.screen.is_busy, done.calls) == ("error.db.full", False, [])
    step.finish(done)
    assert done.calls


# --- printer -----------------------------------------------------------------------------------------------------------

FOUND = FindView("usb:2d37:cbb4", "Xprinter XP-P323B", "usb", "tspl", "says")
OTHER = FindView("tcp://192.168.1.50", "", "tcp", "zpl", "maker")


class Printers:
    """One virtual printer, and what is found."""

    def __init__(self):
        self.views = {
            "virtual": PrinterView("virtual", "Virtual", "virtual:x", "100x150", True, "ready", is_fixed=True)
        }
        self.tests, self.fault, self.finds = [], None, (FOUND, OTHER)

    def printers(self):
        return tuple(self.views.values())

    def find(self, _search):
        known = {view.address for view in self.views.values()}
        return FoundPrinters(tuple(find for find in self.finds if find.address not in known))

    def add(self, draft):
        key = f"p{len(self.views)}"
        self.views[key] = PrinterView(
            key, draft.name, draft.address, draft.size, False, "ready", settings=dict(draft.settings)
        )
        return self.views[key]

    def change(self, key, draft):
        old = self.views[key]
        self.views[key] = PrinterView(
            key, draft.name, old.address, draft.size, False, "ready", settings=dict(draft.settings)
        )
        return self.views[key]

    def remove(self, key):
        del self.views[key]

    def make_default(self, key):
        self.default = key

    def print_test(self, key):
        fault, self.fault = self.fault, None
        if fault is not None:
            raise fault
        self.tests.append((key, self.views[key].size, self.views[key].settings.get("language")))


@pytest.fixture
def printer(tell):
    printers = Printers()
    made = PrinterStep(printers, InlineTasks(fail), tell)
    made.printers = printers
    made.enter()
    return made


def test_the_search_runs_by_itself_and_a_good_label_makes_the_printer_this_desks(printer, done):
    assert printer.screen.found.finds == (FOUND, OTHER)
    printer.finish(done)
    assert printer.screen.trouble.code == "welcome.nothing_yet"
    printer.take_find(FOUND)
    assert printer.screen.stage is Stage.ASKED
    assert printer.printers.tests == [("p1", "100x150", "tspl")]
    assert not hasattr(printer.printers, "default"), "not before the label is known to be good"
    printer.finish(done)
    assert printer.screen.trouble.code == "welcome.printer.answer_first"
    printer.came_well()
    assert (printer.screen.stage, printer.printers.default) == (Stage.GOOD, "p1")
    printer.finish(done)
    assert done.calls


def test_a_bad_label_is_tried_with_another_language_and_paper(printer):
    printer.take_find(FOUND)
    printer.came_badly()
    assert printer.screen.stage is Stage.CHECKS
    printer.again("76x130", "zpl")
    assert printer.printers.tests[-1] == ("p1", "76x130", "zpl")
    assert printer.screen.stage is Stage.ASKED


def test_a_printer_that_was_only_tried_goes_again(printer):
    printer.take_find(FOUND)
    printer.came_badly()
    printer.choose_another()
    assert (printer.screen.stage, set(printer.printers.views)) == (Stage.CHOOSE, {"virtual"})
    assert printer.screen.finds == (FOUND, OTHER), "it can be tried again"


def test_a_printer_of_this_desk_stays_when_another_is_chosen(printer):
    printer.take_find(FOUND)
    printer.came_well()
    printer.choose_another()
    known = printer.screen.known[0]
    printer.take_known(known)
    printer.choose_another()
    assert "p1" in printer.printers.views


def test_a_wire_that_fails_says_why_and_can_be_tried_again(printer):
    printer.printers.fault = Refused("wire.offline", "no answer")
    printer.take_find(OTHER)
    assert (printer.screen.stage, printer.screen.trouble.code) == (Stage.CHECKS, "error.wire.offline")
    printer.again("100x150", "tspl")
    assert (printer.screen.stage, printer.screen.trouble) == (Stage.ASKED, None)


def test_without_a_printer_labels_become_pictures(printer, done):
    printer.take_virtual()
    printer.finish(done)
    assert done.calls
    assert printer.printers.default == "virtual"


def test_a_second_press_prints_no_second_label(tell):
    printers, tasks = Printers(), ManualTasks()
    step = PrinterStep(printers, tasks, tell)
    step.take_find(FOUND)
    step.take_find(FOUND)
    tasks.run()
    assert len(printers.tests) == 1


def test_a_search_ends_when_nobody_looks(tell):
    asked = []

    class Slow(Printers):
        def find(self, search):
            asked.append(search)
            return super().find(search)

    tasks = ManualTasks()
    step = PrinterStep(Slow(), tasks, tell)
    step.enter()
    step.leave()
    tasks.run()
    assert asked[0].is_cancelled
    assert step.screen.found is None


@pytest.mark.parametrize("act", ["take_find", "take_virtual"])
def test_a_label_waits_for_no_search(tell, act):
    searches = []

    class Slow(Printers):
        def find(self, search):
            searches.append(search)
            return super().find(search)

    tasks = ManualTasks()
    step = PrinterStep(Slow(), tasks, tell)
    step.enter()
    tasks.run()
    step.search()
    step.take_find(FOUND) if act == "take_find" else step.take_virtual()
    assert not step.screen.is_searching
    tasks.run()
    assert searches[-1].is_cancelled


# --- scanner -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def scanner(tell):
    settings = DeskSettings(None)
    clock = SimpleNamespace(ms=0.0)
    made = ScannerStep(settings, tell, lambda: clock.ms)
    made.settings, made.clock = settings, clock
    made.heard = []
    made.on_listen = made.heard.append
    made.enter()
    return made


def scan(step, gap, ends="enter", text=SAMPLE):
    for place, char in enumerate(text):
        step.put(Stroke(char, 1000.0 + place * gap))
    if ends:
        step.put(Stroke("", 1000.0 + len(text) * gap, ends))


def test_a_scan_sets_gap_and_end(scanner, done):
    scanner.finish(done)
    assert scanner.screen.trouble.code == "welcome.nothing_yet"
    scan(scanner, 80, "tab")
    assert scanner.screen.trial.findings == (Finding.SLOW,)
    assert (scanner.settings.number("scanner_gap_ms"), scanner.settings.text("scanner_terminator")) == (120, "tab")
    scanner.finish(done)
    assert done.calls
    scan(scanner, 5)
    assert (scanner.settings.number("scanner_gap_ms"), scanner.settings.text("scanner_terminator")) == (50, "enter")
    scanner.leave()
    assert scanner.heard == [True, False]


def test_what_does_not_work_changes_no_setting(scanner):
    scanner.settings.put("scanner_gap_ms", 60)
    scan(scanner, 5, ends="")
    scanner.quiet()
    assert scanner.screen.trial.findings == (Finding.NO_END,)
    scan(scanner, 190)
    assert scanner.screen.trial.findings[0] is Finding.TOO_SLOW
    assert (scanner.settings.number("scanner_gap_ms"), scanner.settings.text("scanner_terminator")) == (60, "either")
    assert not scanner.screen.is_set


def test_an_enter_of_a_scanner_is_none_of_the_clerks(scanner):
    assert not scanner.is_scanning()
    scanner.put(Stroke("6", 1000.0))
    assert scanner.is_scanning()
    scan(scanner, 5)
    scanner.clock.ms = 300.0
    assert scanner.is_scanning()
    scanner.clock.ms = 2000.0
    assert not scanner.is_scanning()
