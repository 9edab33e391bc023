"""The page of several desks: making a host, letting another desk join, and who is awake."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from sqlalchemy import make_url

from core.db.open import open_store
from core.db.pending import Act
from core.desk.several import ServerWords, Several
from core.moving import do_pending
from core.sync.presence import beat
from desktop.bridge.tasks import InlineTasks
from desktop.pages.desks.page import DesksPage
from desktop.pages.desks.presenter import DesksPresenter
from desktop.settings import DeskSettings
from desktop.ui import Ui
from desktop.widgets.labels import PlainLabel
from tests.gui.desks_scenes import several_of
from tests.support.opened import config_for
from tests.support.world import START

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]

NO = Qt.KeyboardModifier.NoModifier
KEYS = {name: getattr(Qt.Key, f"Key_{name}") for name in ("F6", "F7", "F8")}


class Shown:
    """A page on a service, with what it told and whether it wants to be opened again."""

    def __init__(self, qtbot, qapp, several, language="en"):
        self.told, self.restarts = [], []
        self.failed = []
        tasks = InlineTasks(self.failed.append)
        self.presenter = DesksPresenter(several, tasks, lambda *said: self.told.append(said))
        self.presenter.on_restart = lambda: self.restarts.append(True)
        settings = DeskSettings(None)
        settings.put("language", language)
        self.page = DesksPage(Ui(qapp, settings, lambda: START), self.presenter)
        qtbot.addWidget(self.page)
        self.page.resize(1280, 700)
        self.page.show()

    def press(self, key):
        assert self.page.handle_command(KEYS[key], NO)

    def text(self, name):
        return self.page.findChild(QPushButton, name).text()

    @property
    def screen(self):
        return self.presenter.screen


@pytest.fixture
def shown(qtbot, qapp, file_world, tmp_path):
    return Shown(qtbot, qapp, several_of(file_world, tmp_path))


def words(page, name):
    return page.findChild(PlainLabel, name).text()


def test_a_desk_alone_says_what_nobody_would_be_told(file_world, shown):
    file_world.do(lambda uow: beat(uow, "pc:1/window"))
    shown.presenter.look()
    assert "nobody is told" in words(shown.page, "desks.limit")
    assert [row.desk for row in shown.screen.together.nodes] == ["desk 1"]


def test_keys_lead_through_the_forms_and_esc_out_of_them(shown):
    shown.press("F6")
    assert shown.screen.way == "host"
    assert QApplication.focusWidget().objectName() == "desks.host.host"
    shown.press("F8")
    assert "missing" in words(shown.page, "desks.trouble")
    shown.press("F7")
    assert (shown.screen.way, shown.screen.trouble) == ("join", None)
    assert QApplication.focusWidget().objectName() == "desks.join.code"
    shown.presenter.type_code("hello", "1")
    shown.press("F8")
    assert "no joining code" in words(shown.page, "desks.trouble")
    assert shown.page.handle_back()
    assert shown.screen.way == ""
    assert not shown.page.handle_back()


def test_a_server_that_does_not_answer_is_said_and_the_password_is_in_no_text(shown):
    shown.press("F6")
    shown.presenter.type_server(ServerWords("127.0.0.1", 9, "shop", "lin", "secret-word"))
    shown.press("F8")
    assert shown.screen.trouble.code == "error.server.unreachable"
    assert "secret-word" not in repr(shown.screen)
    assert shown.text("desks.host.go").startswith("Try it")


def test_who_is_to_be_always_on_is_marked_and_one_that_is_gone_taken_out(file_world, shown):
    file_world.clock.advance(minutes=-30)
    file_world.do(lambda uow: beat(uow, "nas:1/serve"))
    file_world.clock.advance(minutes=30)
    shown.presenter.look()
    row = shown.screen.together.nodes[0]
    shown.presenter.watch_over(row, is_always_on=True)
    assert shown.screen.together.nodes[0].is_always_on
    shown.told[-1][2]()
    assert not shown.screen.together.nodes[0].is_always_on
    button = shown.page.findChild(QPushButton, "desks.node.0.forget")
    button.click()
    assert shown.screen.together.nodes, "it is asked first"
    shown.page.findChild(QPushButton, "desks.node.0.forget").click()
    assert shown.screen.together.nodes == []
    assert shown.failed == []


@pytest.mark.postgres
def test_one_desk_becomes_the_host_and_another_joins_it(qtbot, qapp, tmp_path, postgres_cluster, postgres_url):
    """Page by page, each start as the window makes it."""
    host, guest = (config_for(tmp_path / name, tmp_path / f"{name}.key") for name in ("host", "guest"))
    there = make_url(postgres_url).database
    server = ServerWords(str(postgres_cluster.folder), 5432, f"{there}_host", "packdesk", "")

    opened = open_store(host)
    first = Shown(qtbot, qapp, Several(opened.store, opened))
    first.press("F6")
    first.presenter.type_server(server)
    first.press("F8")
    assert f"no database {there}_host" in words(first.page, "desks.trouble")
    assert first.text("desks.host.go").startswith("Create the database there")
    first.presenter.type_server(replace(server, database=there))
    assert first.text("desks.host.go").startswith("Try it"), "another name was not tried yet"
    first.presenter.type_server(server)
    first.press("F8")
    first.press("F8")
    assert "can be moved there" in words(first.page, "desks.host.found")
    assert first.text("desks.host.go").startswith("Move the records there")
    first.press("F8")
    assert (first.screen.next_start, first.screen.server.host) == ("host", "")
    first.press("F8")
    assert first.restarts == [True]
    opened.close()
    assert do_pending(host) is Act.MOVE

    opened = open_store(host)
    first = Shown(qtbot, qapp, Several(opened.store, opened))
    first.press("F6")
    made = first.screen.invitation
    assert words(first.page, "desks.invitation.pin") == made.pin
    first.page.hide()
    first.page.show()
    assert first.screen.invitation is None, "nobody who comes later sees it"

    other = open_store(guest)
    second = Shown(qtbot, qapp, Several(other.store, other))
    second.press("F7")
    second.presenter.type_code(made.code, "0000-0000")
    second.press("F8")
    assert second.screen.trouble.code == "error.join.pin"
    second.presenter.type_code(made.code, made.pin)
    second.press("F8")
    assert (second.screen.next_start, second.screen.code) == ("join", "")
    other.close()
    assert do_pending(guest) is Act.JOIN
    other = open_store(guest)
    try:
        assert other.key == opened.key
        assert Several(other.store, other).standing().server == Several(opened.store, opened).standing().server
    finally:
        other.close()
        opened.close()
