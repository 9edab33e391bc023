"""The page of payments on a real core, with gateways over real HTTP."""

from datetime import date

import pytest
from PySide6.QtCore import Qt

from core.payments.records import GatewayDraft
from desktop.pages.payments.page import PaymentsPage
from desktop.pages.payments.presenter import PaymentsPresenter
from desktop.pages.payments.words import fault_words
from tests.payments.conftest import till_of
from tests.support.fake_shop import line

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("propagateSizeHints")]
TODAY = date(2026, 6, 18)


class Now:
    """Tasks that are done at once."""

    def submit(self, work, done, failed, **_more):
        try:
            result = work()
        except Exception as error:  # noqa: BLE001  as the runner does
            failed(error)
        else:
            done(result)


@pytest.fixture
def till(file_world):
    yield from till_of(file_world)


@pytest.fixture
def page(till, qtbot, ui):
    from core.desk.payments import Payments

    said = []
    desk = Payments(till.world.store, till.open, lambda: till.bills)
    presenter = PaymentsPresenter(desk, Now(), lambda tone, phrase, undo: said.append((tone, phrase.code)))
    page = PaymentsPage(ui, presenter)
    page.said, page.presenter, page.till = said, presenter, till
    qtbot.addWidget(page)
    page.resize(1280, 700)
    page.show()
    return page


def press(page, key, modifiers=Qt.KeyboardModifier.NoModifier):
    assert page.handle_command(key, modifiers)


def enter_gateway(page, **wrong):
    press_part(page, "gateways")
    press(page, Qt.Key.Key_F6)
    server = page.till.wechat
    form = page.gateways.form
    for name, value in (server.settings() | server.secrets() | wrong).items():
        editor = form._editors[name]
        editor.put(value) if hasattr(editor, "put") else editor.setText(value)
    return form


def press_part(page, part):
    page._chips.chosen.emit(part)


def test_a_gateway_is_entered_tried_and_kept_without_showing_its_key(page):
    form = enter_gateway(page)
    form._try()
    assert page.presenter.screen.tried is True
    press(page, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert page.said[-1] == ("good", "payments.saved")
    [gateway] = page.presenter.screen.gateways
    assert (gateway.kind, gateway.settings["mchid"]) == ("wechat", "1900000001")
    assert "private_key" not in gateway.settings
    page.presenter.edit(gateway.shop_id, gateway.kind)
    assert form._editors["private_key"].text() == ""
    assert form._editors["mchid"].text() == "1900000001"
    # What is left empty stays what it was.
    form.save()
    form._try()
    assert page.said[-1] == ("good", "payments.saved")


def test_keys_leave_the_screen_with_the_form(page):
    form = enter_gateway(page)
    assert page.handle_back()
    assert form._editors == {}
    assert not form.isVisible()


def test_a_key_comes_out_of_a_file(page, tmp_path):
    form = enter_gateway(page, private_key="")
    path = tmp_path / "apiclient_key.pem"
    path.write_text(page.till.wechat.secrets()["private_key"], "utf-8")
    form._editors["private_key"].take(path)
    form._try()
    assert page.presenter.screen.tried is True


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"private_key": "nothing"}, "error.payment.private_key_bad"),
        ({"gateway_key": "nothing"}, "error.payment.public_key_bad"),
        ({"mchid": ""}, "error.payment.setting_missing"),
        ({"mchid": "1"}, "error.payment.access_refused"),
        ({"gateway_serial": "another"}, "error.payment.answered"),
        ({"base_url": "http://127.0.0.1:1"}, "error.payment.silent"),
        ({"base_url": "http://pay.example.com"}, "error.http.address"),
    ],
)
def test_what_is_wrong_with_a_gateway_is_said(page, wrong, code):
    page.till.wechat.pay("A1", 1000)
    page.till.world.clock.advance(days=1)
    form = enter_gateway(page, **wrong)
    form._try()
    assert page.presenter.screen.tried is False
    assert page.said[-1] == ("stop", code)


def test_a_day_is_fetched_settled_line_by_line_and_confirmed(page, tmp_path):
    till, world = page.till, page.till.world
    till.add()
    world.shop.place("missing", line("1", "BEAR"))
    world.sync()
    till.wechat.pay("strange", 700)
    world.clock.advance(days=1)
    page.presenter.look()
    page.days._day.show_day(TODAY)
    press(page, Qt.Key.Key_F6)
    assert page.said[-1] == ("notice", "payments.fetched")
    assert [row.kind for row in page.days.lines.rows] == ["unknown_here", "missing_there"]
    press(page, Qt.Key.Key_F9)
    assert page.said[-1] == ("stop", "error.payment.bill_open")
    for number in (0, 1):
        page.days.line_table.moved.emit(number)
        page.days._note.setText("looked into")
        press(page, Qt.Key.Key_F8)
    assert page.presenter.screen.bill.open_count == 0
    page.presenter.export(tmp_path / "day.xlsx")
    assert page.said[-1] == ("good", "payments.exported")
    press(page, Qt.Key.Key_F9)
    assert page.said[-1] == ("good", "payments.confirmed")
    from openpyxl import load_workbook

    rows = list(load_workbook(tmp_path / "day.xlsx").active.iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["差异", "本地没有这笔订单", "本地已付，账单没有"]
    assert rows[1][6] == "7.00"
    assert rows[1][9] == "looked into"


def test_what_was_found_is_shown_and_seen_to(page):
    till, world = page.till, page.till.world
    gateway_id = till.add()
    for no, fen in (("A1", 1000), ("A2", 900), ("A3", 0)):
        world.shop.place(no, line("1", "BEAR"), is_paid=False)
        if fen:
            till.wechat.pay(no, fen)
    world.sync()
    world.clock.advance(minutes=3)
    till.asking.ask_due(gateway_id)
    press_part(page, "asked")
    assert [(row.order_no, row.state) for row in page.asked.model.rows] == [
        ("A3", "waiting"),
        ("A2", "differs"),
        ("A1", "paid"),
    ]
    press_part(page, "found")
    assert [row.order_no for row in page.asked.model.rows] == ["A2", "A1"]
    opened = []
    page.presenter.on_order = opened.append
    page.asked.table.opened.emit(0)
    assert opened == [world.order("A2").id]
    press(page, Qt.Key.Key_F8)
    assert page.said[-1] == ("good", "payments.seen_to")
    assert [row.order_no for row in page.asked.model.rows] == ["A1"]


def test_a_scan_finds_the_order(page):
    asked = []
    page.presenter.on_order_no = asked.append
    page.handle_scan("A1")
    assert asked == ["A1"]


def test_empty_parts_say_what_to_do(page):
    for part, empty in (("days", page.days._empty), ("found", page.asked._empty), ("gateways", page.gateways._empty)):
        press_part(page, part)
        assert empty.isVisible(), part


def test_only_the_owner_changes_gateways(page):
    from core.access.rights import RIGHTS, Right, Role

    assert Right.RELEASE_ORDER in RIGHTS[Role.SERVICE]
    assert Right.CHANGE_SETTINGS not in RIGHTS[Role.SERVICE]
    with pytest.raises(Exception, match="gateway cash"):
        page.presenter._desk.save(GatewayDraft(page.till.world.shop_id, "cash"))


@pytest.mark.parametrize(
    ("said", "zh"),
    [
        ("payment.bill_hash: The bill is not what its check says", "账单和它的校验码对不上"),
        ("payment.serial", "回答用的签名密钥不认识，请更新平台公钥"),
        ("AuthExpired: no entry", "支付平台不认这个商户号或密钥"),
        ("Temporary: timed out", "支付平台连不上，稍后会再试"),
        ("SYSTEM_ERROR: 系统繁忙", "SYSTEM_ERROR: 系统繁忙"),
        ("", ""),
    ],
)
def test_a_kept_fault_is_said_in_the_language_of_the_clerk(ui, said, zh):
    assert fault_words(said, ui.texts) == zh
