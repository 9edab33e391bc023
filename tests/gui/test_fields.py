"""Fields: what they are called in another language, and what becomes of what a hand writes in them."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from core.inventory.stock_list import WarehouseRow
from desktop.widgets.fields import ChoiceBox, Field, NumberBox
from desktop.widgets.layouts import empty, is_written_in, refill
from desktop.widgets.places import PlaceBox

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


def texts_of(box):
    return [box.itemText(number) for number in range(box.count())]


@pytest.fixture
def holder(qtbot):
    made = QWidget()
    QVBoxLayout(made)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def put(holder, widget):
    holder.layout().addWidget(widget)
    widget.show()
    widget.setFocus()
    return widget


def test_places_keep_their_names_in_another_language(qtbot, ui, settings):
    box = PlaceBox(ui, "place")
    qtbot.addWidget(box)
    places = (WarehouseRow(3, "wh1", "一号仓"), WarehouseRow(7, "wh2", "hint"))
    box.show_places(places)
    box.choose("7")
    settings.put("language", "en")
    assert texts_of(box) == ["一号仓", "hint"], "neither a number nor a word of ours"
    assert box.place() == places[1]
    box.show_places((*places, WarehouseRow(9, "wh3", "三号仓")))
    assert box.place() == places[1], "who comes later changes no choice"
    box.show_places((WarehouseRow(3, "wh1", "旧仓"), *places[1:]))
    assert texts_of(box)[0] == "旧仓"


def test_words_and_names_stand_in_one_box(qtbot, ui, settings):
    box = ChoiceBox(ui, "quotas.parked", (), "box")
    qtbot.addWidget(box)
    box.offer(("best", "5"), {"5": "天猫旗舰店"})
    before = box.itemText(0)
    settings.put("language", "en")
    assert (box.itemText(0) != before, box.itemText(1)) == (True, "天猫旗舰店")


@pytest.mark.parametrize(
    "make", [lambda ui: Field(ui, "note", "f"), lambda _ui: NumberBox(0, 99, "f")], ids=["text", "number"]
)
def test_what_is_written_and_not_finished_is_known(qtbot, ui, holder, make):
    field = put(holder, make(ui))
    assert not is_written_in(holder)
    qtbot.keyClicks(field, "1")
    assert is_written_in(holder)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not is_written_in(holder), "Enter has finished it"


def test_a_field_that_goes_is_not_finished_by_that(qtbot, ui, holder):
    done = []
    field = put(holder, Field(ui, "note", "f"))
    field.editingFinished.connect(lambda: done.append(field.text()))
    qtbot.keyClicks(field, "half")
    empty(holder.layout())
    qtbot.wait(20)
    assert (done, holder.findChild(QLineEdit)) == ([], None)


def test_the_keyboard_stays_on_what_is_called_the_same(qtbot, ui, holder):
    put(holder, Field(ui, "note", "one"))
    put(holder, Field(ui, "note", "two"))
    refill(holder.layout(), [Field(ui, "note", "two"), Field(ui, "note", "one")])
    assert QApplication.focusWidget() is holder.layout().itemAt(0).widget()
    refill(holder.layout(), [Field(ui, "note", "other")])
    assert holder.layout().count() == 1


def test_a_list_of_choices_that_is_open_is_not_taken_away(qtbot, ui, holder):
    box = put(holder, ChoiceBox(ui, "severity", ("critical", "notice"), "box"))
    box.showPopup()
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    assert is_written_in(holder)
    box.hidePopup()
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None)
    assert not is_written_in(holder)
