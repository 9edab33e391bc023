"""The pages of people and of the log without widgets: what they ask, keep and say."""

from datetime import date, datetime, timedelta

import pytest

from core.access import pins
from core.access.rights import Role
from core.runtime.errors import Unavailable
from desktop.pages.log.presenter import PAGE_ROWS, LogPresenter, action_code, facts_phrase
from desktop.pages.people.presenter import Draft, Form, PeoplePresenter, roles_phrase
from desktop.texts import LANGUAGES, Texts
from tests.gui.conftest import ManualTasks
from tests.support.desk_world import START
from tests.support.staff import PIN, Staffed


@pytest.fixture
def staffed(file_world, monkeypatch):
    monkeypatch.setattr(pins, "_COST", 4)
    staff = Staffed(file_world, file_world.desk)
    staff.hire("老板", Role.ADMIN)
    staff.arrive("老板")
    return staff


class People:
    """A presenter over core's own service, its tasks run by hand."""

    def __init__(self, staffed):
        self.tasks = ManualTasks()
        self.told = []
        self.printed = []
        self.presenter = PeoplePresenter(
            staffed.people,
            self.tasks,
            lambda tone, phrase, undo: self.told.append((tone, phrase.code, undo)),
            lambda *badge: self.printed.append(badge),
            lambda: "工牌",
        )

    @property
    def screen(self):
        return self.presenter.screen

    def names(self):
        return [row.name for row in self.screen.people]


@pytest.fixture
def page(staffed):
    return People(staffed)


DRAFT = Draft("小李", (Role.PACKER,), "907351", "907351")


def test_a_second_enter_is_no_second_person(page):
    page.presenter.open_form(Form.NEW)
    page.presenter.save(DRAFT)
    page.presenter.save(DRAFT)
    page.tasks.run()
    assert page.names() == ["小李", "老板"]
    assert page.told == [("good", "people.saved.new", None)]
    assert page.screen.form is None
    page.presenter.save(DRAFT)
    page.tasks.run()
    assert len(page.told) == 1, "no form, nothing to save"


def test_a_refused_form_stays_open_and_says_why(page):
    page.presenter.open_form(Form.NEW)
    page.presenter.save(Draft("小李", (Role.PACKER,), "907351", "907352"))
    assert page.screen.trouble.code == "people.pins_differ"
    page.presenter.save(Draft("小李", (), "907351", "907351"))
    page.tasks.run()
    assert (page.screen.form, page.screen.trouble.code) == (Form.NEW, "error.people.no_role")
    assert page.told == []
    page.presenter.save(DRAFT)
    page.tasks.run()
    assert (page.screen.form, page.screen.trouble) == (None, None)


def test_roles_pin_and_leaving_go_to_the_right_person_and_can_be_taken_back(page, staffed):
    with staffed.gate.as_system():
        li = staffed.people.add("小李", [Role.PACKER], "907351")
    page.presenter.open_form(Form.ROLES, li)
    page.presenter.save(Draft(roles=(Role.SERVICE, Role.PICKER)))
    page.tasks.run()
    assert [row.roles for row in page.screen.people if row.id == li.id] == [(Role.PICKER, Role.SERVICE)]
    page.presenter.open_form(Form.PIN, li)
    page.presenter.save(Draft(pin="864209", pin_again="864209"))
    page.tasks.run()
    assert staffed.sign_in.by_pin("小李", "864209").person.id == li.id
    staffed.arrive("老板")
    page.presenter.set_active(li, False)
    page.tasks.run()
    assert [row.is_active for row in page.screen.people] == [True, False]
    _, code, undo = page.told[-1]
    assert code == "people.is_off"
    undo()
    page.tasks.run()
    assert all(row.is_active for row in page.screen.people)


def test_a_badge_is_shown_until_it_is_put_away(page, staffed):
    with staffed.gate.as_system():
        li = staffed.people.add("小李", [Role.PACKER], "907351")
    page.presenter.make_badge(li)
    page.tasks.run()
    badge = page.screen.badge
    page.presenter.print_badge()
    page.tasks.run()
    assert page.printed == [("小李", badge.code, "工牌")]
    assert page.presenter.close()
    assert page.screen.badge is None
    page.presenter.print_badge()
    page.tasks.run()
    assert len(page.printed) == 1
    page.presenter.take_badge(li)
    page.tasks.run()
    assert [row.has_badge for row in page.screen.people] == [False, False]


def test_the_log_asks_for_whole_days_and_goes_on_where_a_page_ends(staffed):
    world, tasks, more = staffed.world, ManualTasks(), []
    now = world.clock.now()
    world.do(lambda uow: [uow.record("order.unmasked", "access", n, why="after_sale") for n in range(PAGE_ROWS + 20)])
    log = LogPresenter(staffed.audit, tasks, lambda *_told: None, lambda: START)
    log.on_more = more.append
    assert log.screen.last == START.astimezone().date()
    assert log.screen.last - log.screen.first == timedelta(days=6)
    day = now.astimezone().date()
    log.choose_days(day + timedelta(days=1), day)
    tasks.run()
    assert (log.screen.first, log.screen.last) == (day, day + timedelta(days=1)), "the wrong way round is turned"
    assert len(log.screen.rows) == PAGE_ROWS
    assert [count for _, count in log.screen.looks] == [PAGE_ROWS + 20]
    log.choose_kind("looks")
    tasks.run()
    log.more(log.screen.next_after)
    tasks.run()
    assert [len(page.rows) for page in more] == [20]
    assert more[0].next_after is None
    log.choose_days(date(2020, 1, 1), date(2020, 1, 2))
    tasks.run()
    assert (log.screen.rows, log.screen.looks, log.screen.is_known) == ((), (), True)


def test_a_page_of_the_log_that_could_not_be_had_may_be_asked_for_again(staffed, monkeypatch):
    tasks, told, given_up = ManualTasks(), [], []
    log = LogPresenter(staffed.audit, tasks, lambda tone, *_what: told.append(tone), lambda: START)
    log.on_no_more = lambda: given_up.append(1)

    def away(*_asked):
        raise Unavailable("db.busy", "away")

    monkeypatch.setattr(staffed.audit, "page", away)
    log.more((START, 1))
    tasks.run()
    assert (given_up, told) == ([1], ["stop"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_the_log_is_said_without_a_gap(staffed, language):
    with staffed.gate.as_system():
        li = staffed.people.add("小李", [Role.PACKER], PIN)
        staffed.people.set_roles(li.id, [Role.PICKER, Role.SERVICE])
        staffed.people.make_badge(li.id)
        staffed.people.set_pin(li.id, "864209")
        staffed.people.set_active(li.id, False)
        staffed.people.set_active(li.id, True)
    staffed.personal.note_export("orders", 3, "moving_house", "0a" * 32)
    staffed.sign_in.leave("idle")
    tasks, texts = ManualTasks(), Texts(language)
    log = LogPresenter(staffed.audit, tasks, lambda *_told: None, lambda: datetime.fromtimestamp(0).astimezone())
    staffed.arrive("老板")
    day = staffed.world.clock.now().astimezone().date()
    log.choose_days(day, day)
    tasks.run()
    said = {row.action: (texts.t(action_code(row)), texts.say(facts_phrase(row)).strip()) for row in log.screen.rows}
    assert len(said) >= 9
    for action, (what, facts) in said.items():
        assert what not in {action, f"journal.{action}"}
        assert not set("—{}") & set(facts), action
    roles = texts.t("list.pair", first=texts.t("role.picker"), rest=texts.t("role.service"))
    assert roles in said["operator.roles"][1]


def test_roles_are_said_as_words():
    texts = Texts("zh_CN")
    assert [texts.say(phrase) for phrase in roles_phrase((Role.PACKER, Role.ADMIN))] == ["打包员", "管理员"]
