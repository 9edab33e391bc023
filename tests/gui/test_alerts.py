"""One alert from its cause to its all-clear: in the core, at the robot, and in the window; and the page's settings."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QPushButton, QToolButton, QWidget

from core.alerts.records import AlertRow, Quiet
from core.orders.records import PILES
from core.runtime.errors import Refused
from core.runtime.standing import Severity, Standing
from core.sync.records import AlertGlimpse, AlertLights
from desktop.pages.alerts.deciding import day_of, minutes_of, quiet_of
from desktop.pages.alerts.presenter import AlertsPresenter
from desktop.pages.alerts.words import door_of, quiet_facts
from desktop.shell.alert_bar import AlertBar
from desktop.shell.rail import INSIDE, PAGES
from desktop.texts import Texts
from tests.gui.conftest import ManualTasks
from tests.gui.gallery_alerts import KEY, TroubledShop, window_of
from tests.gui.robots import DeskRobot

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]

SILENT = Standing("shop.silent", "shop:1", Severity.CRITICAL, {"shop": "天猫旗舰店", "minutes": 6})


@pytest.fixture
def shop(tmp_path, monkeypatch):
    from core.access import pins

    monkeypatch.setattr(pins, "_COST", 4)
    made = TroubledShop(tmp_path)
    made.furnish()
    yield made
    made.close()


@pytest.fixture
def clerk(qtbot, qapp, settings, shop, tmp_path):
    window = window_of(qapp, settings, shop, tmp_path)
    with qtbot.waitSignal(window.ready, timeout=20_000):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def page(clerk):
    return clerk.window.page("alerts")


def rows(clerk) -> list[AlertRow]:
    model = page(clerk).model
    return [model.row_at(number) for number in range(model.rowCount())]


def test_one_alert_from_its_cause_to_its_all_clear(clerk, shop):
    """Cause -> told on duty -> bar on the packing page -> escalated -> answered by key -> over, all-clear told."""
    group = shop.robots.robots["wecom", KEY]
    sounds = []
    clerk.window.parts._sounds.play_once = sounds.append
    shop.standing = [SILENT]
    shop.round()
    assert group.called == [["xiaoli"]]
    assert group.got[0].startswith("【严重】天猫旗舰店 已 6 分钟没有更新")
    clerk.window.parts.ask_status()
    clerk.sees("shell.alert.words", "天猫旗舰店 已 6 分钟没有更新")
    assert clerk.window.current_page == "packing"
    assert clerk.find("shell.alert", QFrame).isVisible()
    focused = QApplication.focusWidget()
    assert focused is not None
    assert not clerk.window.parts.alert_bar.isAncestorOf(focused), "the bar takes no keyboard"
    clerk.qtbot.waitUntil(lambda: "1" in clerk.find("shell.rail.alerts", QToolButton).text())
    shop.round(minutes=6)  # nobody reacts: the second on duty is told
    assert len(group.got) == 2
    clerk.find("shell.strip.alerts").click()
    clerk.qtbot.waitUntil(lambda: clerk.window.current_page == "alerts" and len(rows(clerk)) == 1)
    clerk.sees("alerts.duty", "小李")
    page(clerk).table.setCurrentIndex(page(clerk).model.index(0, 0))
    clerk.key(Qt.Key.Key_Return)
    clerk.sees("alerts.drawer.what", "天猫旗舰店 已 6 分钟没有更新")
    clerk.key(Qt.Key.Key_F6)
    clerk.qtbot.waitUntil(lambda: page(clerk)._presenter.screen.detail.row.state == "acked")
    events = [line.event for line in page(clerk)._presenter.screen.detail.story]
    assert sorted(events) == ["acknowledged", "raised", "told.raised", "told.step"]
    clerk.window.parts.ask_status()
    clerk.qtbot.waitUntil(lambda: not clerk.find("shell.alert", QFrame).isVisible())
    shop.round(minutes=60)
    assert len(group.got) == 2, "an answer stops the escalation"
    shop.standing = []
    shop.round()
    shop.round(minutes=2)
    assert group.got[-1].startswith("【已恢复】天猫旗舰店")
    page(clerk)._presenter.choose_pile("past")
    clerk.qtbot.waitUntil(lambda: [row.state for row in rows(clerk)] == ["past"])
    assert sounds == ["stop"], "a sound once, whatever is read how often"


def test_an_empty_page_says_what_is_watched_and_since_when(clerk, shop):
    shop.round()
    clerk.goes_to("alerts")
    clerk.sees("alerts.empty.title", "一切正常")
    clerk.sees("alerts.empty.hint", "正在盯")
    assert "还没有出现过告警" in clerk.text("alerts.empty.hint")


def test_it_is_kept_quiet_by_key_with_a_reason_and_told_again_by_the_same(clerk, shop):
    shop.standing = [SILENT]
    shop.round()
    clerk.goes_to("alerts")
    clerk.qtbot.waitUntil(lambda: len(rows(clerk)) == 1)
    page(clerk)._open(0)
    clerk.qtbot.waitUntil(lambda: page(clerk)._presenter.screen.detail is not None)
    clerk.key(Qt.Key.Key_F7)
    clerk.qtbot.waitUntil(page(clerk).drawer._form.isVisible)
    clerk.types("test")
    clerk.key(Qt.Key.Key_Return)
    clerk.qtbot.waitUntil(lambda: len(shop.alerting.alerts.mutes()) == 1)
    clerk.qtbot.waitUntil(lambda: page(clerk)._presenter.screen.mute is not None)
    clerk.window.parts.ask_status()
    clerk.qtbot.waitUntil(lambda: not clerk.find("shell.alert", QFrame).isVisible())
    clerk.key(Qt.Key.Key_F7)
    clerk.qtbot.waitUntil(lambda: shop.alerting.alerts.mutes() == ())


def test_the_door_leads_to_what_can_mend_it(clerk, shop):
    shop.standing = [Standing("stock.low", "sku:1", Severity.CRITICAL, {"sku": "A", "name": "B", "n": 1, "days": 1})]
    shop.round()
    clerk.goes_to("alerts")
    clerk.qtbot.waitUntil(lambda: len(rows(clerk)) == 1)
    page(clerk)._open(0)
    clerk.qtbot.waitUntil(lambda: page(clerk)._presenter.screen.detail is not None)
    gone = []
    page(clerk)._presenter.on_door = gone.append
    clerk.key(Qt.Key.Key_F8)
    assert gone == ["stock"]


def test_every_rule_has_words_and_a_door(tmp_path):
    from core.alerting import everything_watched
    from core.alerts.rounds import rules_of

    watched = everything_watched(tmp_path, lambda: None)
    for language in ("zh_CN", "en"):
        texts = Texts(language)
        for info in rules_of(watched):
            assert texts.has(f"alert.{info.rule}"), info.rule
            assert texts.has(f"alerts.rule.{info.rule}"), info.rule
            assert not info.unit or texts.has(f"alerts.unit.{info.unit}"), info.unit
            door = door_of(info.rule)
            assert door in {*PAGES, *INSIDE, *PILES, "channels"}, info.rule


def test_a_shift_is_planned_and_dropped_in_the_tab(clerk, shop):
    clerk.goes_to("alerts")
    page(clerk).open_tab("duty")
    tab = page(clerk)._tabs["duty"]
    clerk.qtbot.waitUntil(lambda: tab._presenter.screen.roster is not None)
    before = len(tab._presenter.screen.roster.shifts)
    tab._day.choose("weekend")
    tab._person.setCurrentText("王老板")
    tab._begins.setText("9:00")
    tab._ends.setText("x")
    tab._on_add()
    clerk.sees("alerts.duty_tab.trouble", "08:00")
    tab._ends.setText("18：30")
    tab._on_add()
    clerk.qtbot.waitUntil(lambda: len(tab._presenter.screen.roster.shifts) == before + 2)
    added = [one for one in tab._presenter.screen.roster.shifts if one.ends_min == 18 * 60 + 30]
    assert {one.weekday for one in added} == {5, 6}
    clerk.find(f"alerts.duty_tab.shift.{added[0].id}.drop", QPushButton).click()
    clerk.qtbot.waitUntil(lambda: len(tab._presenter.screen.roster.shifts) == before)


def test_a_rule_is_switched_off_and_the_message_takes_it_back(clerk, shop):
    clerk.goes_to("alerts")
    page(clerk).open_tab("rules")
    tab = page(clerk)._tabs["rules"]
    clerk.qtbot.waitUntil(lambda: "shop.silent" in tab._rows)
    tab._rows["shop.silent"].on.click()

    def is_on() -> bool:
        return next(one for one in shop.alerting.settings.rules() if one.info.rule == "shop.silent").is_on

    clerk.qtbot.waitUntil(lambda: not is_on())
    clerk.qtbot.waitUntil(lambda: clerk.window.parts.message_bar.message is not None)
    clerk.find("shell.message.undo", QPushButton).click()
    clerk.qtbot.waitUntil(is_on)
    box = tab._numbers[Severity.CRITICAL, "next_after_s"]
    clerk.qtbot.waitUntil(lambda: not tab._presenter.screen.is_saving)
    box.setValue(7)
    box.editingFinished.emit()
    clerk.qtbot.waitUntil(lambda: shop.alerting.settings.severities()[Severity.CRITICAL].next_after_s == 420)


def test_a_channel_is_tested_and_what_was_refused_is_said(clerk, shop):
    group = shop.robots.robots["wecom", KEY]
    clerk.goes_to("alerts")
    page(clerk).open_tab("channels")
    tab = page(clerk)._tabs["channels"]
    clerk.qtbot.waitUntil(lambda: len(tab._cards) == 2)
    first = min(tab._cards)
    clerk.find(f"alerts.channels_tab.card.{first}.test", QPushButton).click()
    clerk.qtbot.waitUntil(lambda: group.got == ["打包台测试消息\n收到这条，说明告警能送到这里"])
    clerk.qtbot.waitUntil(lambda: not tab._presenter.screen.is_saving)
    clerk.find(f"alerts.channels_tab.card.{max(tab._cards)}.test", QPushButton).click()
    clerk.qtbot.waitUntil(lambda: any(one.is_broken for one in tab._presenter.screen.channels))
    clerk.qtbot.waitUntil(lambda: not tab._presenter.screen.is_saving)
    tab._name.setText("x")
    tab._inputs["key"].setText("https://evil.example/?key=0123456789")
    tab._on_add()
    clerk.sees("alerts.channels_tab.trouble", "Webhook")
    assert len(shop.alerting.settings.channels()) == 2
    # Keys are forgotten only by the second press.
    drop = clerk.find(f"alerts.channels_tab.card.{first}.drop", QPushButton)
    drop.click()
    assert clerk.find(f"alerts.channels_tab.card.{first}.sure", QLabel).isVisibleTo(tab)
    assert shop.alerting.settings.channels()[0].broken_why == ""
    drop.click()
    clerk.qtbot.waitUntil(lambda: shop.alerting.settings.channels()[0].broken_why == "dropped")


def channels_tab(clerk):
    clerk.goes_to("alerts")
    page(clerk).open_tab("channels")
    tab = page(clerk)._tabs["channels"]
    clerk.qtbot.waitUntil(lambda: bool(tab._contact_fields))
    return tab


def test_a_channel_that_is_being_written_down_outlives_other_acts(clerk, shop):
    tab = channels_tab(clerk)
    tab._name.setText("third")
    tab._inputs["key"].setText("half a key")
    clerk.find(f"alerts.channels_tab.card.{min(tab._cards)}.use", QPushButton).click()
    clerk.qtbot.waitUntil(lambda: not shop.alerting.settings.channels()[0].is_on)
    clerk.qtbot.waitUntil(lambda: not tab._presenter.screen.is_saving)
    assert (tab._name.text(), tab._inputs["key"].text()) == ("third", "half a key")


def test_two_addresses_written_one_after_the_other_are_both_kept(clerk, shop):
    """The second is finished while the first is still on its way."""
    tab = channels_tab(clerk)
    (one, first), (two, second) = list(tab._contact_fields.items())[:2]
    for field, address in ((first, "13800001111"), (second, "13900002222")):
        field.setText(address)
        field.editingFinished.emit()

    def kept():
        return {(at.person_id, at.channel_id): at.address for at in shop.alerting.settings.contacts()}

    clerk.qtbot.waitUntil(lambda: (kept().get(one), kept().get(two)) == ("13800001111", "13900002222"))


def test_an_address_that_is_being_written_is_neither_saved_nor_taken_by_a_look(clerk, shop):
    tab = channels_tab(clerk)
    (person, channel), field = next(iter(tab._contact_fields.items()))
    clerk.stands_on(field.objectName())
    clerk.types("139")
    shop.alerting.settings.set_channel_on(channel, is_on=False)
    tab.look_again(is_new=False)
    clerk.qtbot.waitUntil(lambda: not next(one for one in tab._presenter.screen.channels if one.id == channel).is_on)
    assert (field.text(), field.hasFocus(), tab._contact_fields[person, channel]) == ("139", True, field)
    assert all(one.address != "139" for one in shop.alerting.settings.contacts())


def test_the_question_about_a_channel_is_taken_away_by_another_act(clerk, shop):
    tab = channels_tab(clerk)
    first, last = min(tab._cards), max(tab._cards)
    clerk.find(f"alerts.channels_tab.card.{first}.drop", QPushButton).click()
    clerk.find(f"alerts.channels_tab.card.{last}.use", QPushButton).click()
    clerk.qtbot.waitUntil(lambda: not tab._presenter.screen.is_saving)
    clerk.find(f"alerts.channels_tab.card.{first}.drop", QPushButton).click()
    clerk.qtbot.wait(100)
    assert all(one.broken_why != "dropped" for one in shop.alerting.settings.channels())


def test_a_story_that_was_closed_does_not_come_back(shop):
    shop.trouble()
    tasks = ManualTasks()
    presenter = AlertsPresenter(shop.alerting.alerts, tasks, lambda *_told: None)
    rows = []
    presenter.on_first = lambda found, *_more: rows.extend(found)
    presenter.reload()
    tasks.run()
    assert rows
    presenter.open(rows[0])
    presenter.close()
    tasks.run()
    assert presenter.screen.detail is None
    presenter.open(rows[0])
    tasks.run()
    presenter.open(rows[-1])
    presenter.reload()
    tasks.run()
    assert presenter.screen.detail.row.id == rows[-1].id, "a list read again keeps nobody from the next story"


def test_hostile_words_stay_words(qtbot, ui):
    place = QWidget()
    qtbot.addWidget(place)
    bar = AlertBar(ui, lambda _page: None, lambda _name: None, place)
    facts = {"shop": "<h1>已付款</h1><img src='file:///x'>", "minutes": 6}
    bar.show_alerts(AlertLights(1, 1, AlertGlimpse(1, "shop.silent", "shop:1", facts)), is_locked=False)
    assert "<h1>" in bar.findChild(QLabel, "shell.alert.words").text()
    bar.show_alerts(AlertLights(1, 1, AlertGlimpse(1, "shop.silent", "shop:1", facts)), is_locked=True)
    assert not bar.isVisibleTo(place)


def test_times_and_days_are_read_as_people_write_them():
    assert [minutes_of(text) for text in ("8:00", "0830", "18：05", "24:00")] == [480, 510, 1085, 1440]
    assert [minutes_of(text) for text in ("", "x", "25:00", "8:60", "٨:00")] == [None] * 5
    assert quiet_of(" 23:00-07:00 ") == (1380, 420)
    assert quiet_of("") is None
    with pytest.raises(ValueError, match="hours"):
        quiet_of("23:00")
    first, last = day_of("2026-01-08"), day_of("2026-01-08", is_last=True)
    assert first is not None
    assert last is not None
    assert (last - first).days == 1
    assert day_of("8.1.") is None


def test_where_nobody_watches_the_empty_page_says_so():
    texts = Texts("zh_CN")
    assert "没有程序在检查" in str(quiet_facts(Quiet(9, None, None), texts)["watching"])


def test_who_may_not_decide_is_offered_nothing_to_decide(clerk, shop):
    clerk.goes_to("alerts")
    clerk.window.ui.may = lambda right: right != "change_settings"
    clerk.window.ui.entitled.emit()
    assert not page(clerk)._tab_row.isVisible()
    shop.alerting._store.guard = shop.staff.gate
    shop.staff.arrive("小李")
    with pytest.raises(Refused, match="right"):
        shop.alerting.settings.channels()
