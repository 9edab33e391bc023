"""Adding and changing a printer, inline: where it is, and every setting of its profile."""

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.pages.printers.ports import PrinterDraft, PrinterView
from desktop.pages.printers.presenter import PrintersPresenter
from desktop.printer_fields import DEFAULTS, FIELDS, OTHER_RESOLUTION, RESOLUTIONS, ProfileField
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChoiceBox, DecimalBox, Field, NumberBox, TickBox
from desktop.widgets.labels import PlainLabel, explain

#: kinds of printers the form offers, and how their addresses begin
KINDS = {
    "usb": "usb:",
    "tcp": "tcp://",
    "device": "device:",
    "serial": "serial:",
    "cups": "cups:",
    "windows": "windows:",
    "file": "file:",
    "virtual": "virtual:",
}
EXAMPLES = {
    "usb": "6868:0500",
    "tcp": "192.168.1.50:9100",
    "device": "/dev/usb/lp0",
    "serial": "/dev/ttyUSB0?baud=115200",
    "cups": "label",
    "windows": "GP-1324D",
    "file": "/home/desk/labels",
    "virtual": "",
}
_COLUMNS = 5


class PrinterForm(QFrame):
    """One printer's settings. Rare ones stand in a fold; what a language does not know is not shown."""

    def __init__(self, ui: Ui, presenter: PrintersPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._shown: str | None = None
        self._is_fixed = False
        self._is_open = False
        self.setObjectName("printers.form")
        self.setProperty("look", "card")
        self._title = PlainLabel(ui, "heading", name="printers.form.title")
        self._hint = PlainLabel(ui, "secondary", wraps=True, name="printers.form.hint")
        self._name = Field(ui, "printers.form.name", "printers.form.name", limit=60)
        self._kind = ChoiceBox(ui, "printers.kind", tuple(KINDS), "printers.form.kind")
        self._kind.picked.connect(self._on_kind)
        self._address = Field(ui, "printers.form.address", "printers.form.address", limit=300)
        for field in (self._name, self._address):
            field.returnPressed.connect(self._on_save)
        self._editors = [_Editor(ui, field, self) for field in FIELDS]
        for editor in self._editors:
            editor.changed.connect(self._place)
        self._more = ActionButton(ui, "printers.form.more", self._on_more, name="printers.form.more")
        save = ActionButton(ui, "action.save", self._on_save, look="main", name="printers.form.save")
        cancel = ActionButton(
            ui, "action.cancel", lambda: presenter.edit(None), key="Esc", name="printers.form.cancel"
        )
        where = QHBoxLayout()
        where.setSpacing(8)
        where.addWidget(self._name, 2)
        where.addWidget(self._kind, 1)
        where.addWidget(self._address, 3)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(8)
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(column, 1)
        acts = QHBoxLayout()
        acts.setSpacing(8)
        acts.addWidget(self._more)
        acts.addStretch(1)
        acts.addWidget(save)
        acts.addWidget(cancel)
        column_box = QVBoxLayout(self)
        column_box.setContentsMargins(16, 12, 16, 12)
        column_box.setSpacing(8)
        column_box.addWidget(self._title)
        column_box.addLayout(where)
        column_box.addWidget(self._hint)
        column_box.addLayout(self._grid)
        column_box.addLayout(acts)

    def show_form(self, editing: str | None, view: PrinterView | None) -> None:
        """Open for a printer, for a new one, or close."""
        self.setVisible(editing is not None)
        if editing == self._shown:
            return
        self._shown = editing
        if editing is None:
            return
        self._is_fixed = view is not None and view.is_fixed
        self._is_open = False
        self._title.say("printers.form.change" if view else "printers.form.new")
        self._name.setText("" if view is None else view.name)
        kind = "tcp" if view is None else view.address.partition(":")[0]
        self._kind.choose(kind if kind in KINDS else "tcp")
        self._address.setText("" if view is None else view.address.removeprefix(KINDS.get(kind, "")))
        settings: dict[str, object] = {} if view is None else dict(view.settings)
        if view is not None:
            settings["size"] = view.size
        for editor in self._editors:
            editor.fill(settings)
        for widget in (self._name, self._kind, self._address):
            widget.setEnabled(not self._is_fixed)
        self._on_kind(self._kind.value())
        self._place()
        if not self._is_fixed:
            self._name.setFocus()

    @Slot()
    def _place(self) -> None:
        """Put the fields that mean something now into the grid, without holes."""
        now = self._settings()
        shown = [editor for editor in self._editors if self._is_wanted(editor.field, now)]
        for editor in self._editors:
            self._grid.removeWidget(editor)
            editor.setVisible(editor in shown)
        for number, editor in enumerate(shown):
            self._grid.addWidget(editor, number // _COLUMNS, number % _COLUMNS, Qt.AlignmentFlag.AlignTop)
        self._more.setVisible(not self._is_fixed)
        self._more.say("printers.form.less" if self._is_open else "printers.form.more")

    def _is_wanted(self, field: ProfileField, now: Mapping[str, object]) -> bool:
        if self._is_fixed:
            return field.key == "size"
        if field.is_rare and not self._is_open:
            return False
        is_known = not field.languages or now["language"] in field.languages
        return is_known and all(str(now[key]) != value for key, value in field.not_for)

    def _settings(self) -> dict[str, object]:
        settings: dict[str, object] = {}
        for editor in self._editors:
            editor.put(settings)
        return settings

    @Slot(str)
    def _on_kind(self, kind: str) -> None:
        self._hint.say(f"printers.kind.{kind}.hint", example=EXAMPLES[kind])

    def _on_more(self) -> None:
        self._is_open = not self._is_open
        self._place()

    def _on_save(self) -> None:
        address = KINDS[self._kind.value()] + self._address.text().strip()
        settings = self._settings()
        size = str(settings.pop("size"))
        self._presenter.save(PrinterDraft(self._name.text().strip(), address, size, settings))


class _Editor(QWidget):
    """One field: its word above what is entered.

    Signals:
        changed: a choice was taken, which other fields may hang on.
    """

    changed = Signal()

    def __init__(self, ui: Ui, field: ProfileField, form: QWidget) -> None:
        super().__init__(form)
        self.field = field
        name = f"printers.form.{field.key}"
        code = f"printers.field.{field.key}"
        self._label = PlainLabel(ui, "small", name=f"{name}.label")
        self._label.say(code)
        self._choice: ChoiceBox | None = None
        self._number: NumberBox | None = None
        self._decimal: DecimalBox | None = None
        self._tick: TickBox | None = None
        self._text: Field | None = None
        row = QHBoxLayout()
        row.setSpacing(4)
        if field.kind in {"choice", "resolution"}:
            self._choice = ChoiceBox(ui, code, field.choices, name)
            self._choice.picked.connect(self._on_picked)
            row.addWidget(self._choice, 2)
        if field.kind == "number":
            self._number = NumberBox(int(field.lowest), int(field.highest), name)
            row.addWidget(self._number, 1)
        if field.kind in {"decimal", "millimetres", "resolution"}:
            other = f"{name}.other" if field.kind == "resolution" else name
            self._decimal = DecimalBox(field.lowest, field.highest, other)
            row.addWidget(self._decimal, 1)
        if field.kind == "text":
            self._text = Field(ui, code, name, limit=500)
            row.addWidget(self._text, 1)
        if field.kind == "yes":
            self._tick = TickBox(ui, "settings.on", name)
            row.addWidget(self._tick, 1)
        explain_in = partial(self._explain, ui, f"{code}.hint")
        ui.retranslated.connect(explain_in)
        explain_in()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._label)
        column.addLayout(row)

    def fill(self, settings: Mapping[str, object]) -> None:
        """Show the value of a profile; its default where the profile does not name it."""
        value = settings.get(self.field.key, DEFAULTS[self.field.key])
        if self.field.kind == "resolution":
            self._fill_resolution(_number(value))
        elif self._choice is not None:
            self._choice.choose(str(value))
        elif self._tick is not None:
            self._tick.setChecked(bool(value))
        elif self._text is not None:
            self._text.setText(str(value))
        elif self._number is not None:
            self._number.setValue(int(_number(value)))
        elif self._decimal is not None:
            dots = _number(settings.get("dots_per_mm", DEFAULTS["dots_per_mm"]))
            self._decimal.setValue(_number(value) / dots if self.field.kind == "millimetres" else _number(value))

    def put(self, settings: dict[str, object]) -> None:
        """Write what is entered, as the profile keeps it; the resolution stands before what is measured in it."""
        key, default = self.field.key, DEFAULTS[self.field.key]
        if self.field.kind == "resolution" and self._choice is not None and self._decimal is not None:
            settings[key] = RESOLUTIONS.get(self._choice.value(), round(self._decimal.value(), 2))
        elif self._choice is not None:
            settings[key] = int(self._choice.value()) if isinstance(default, int) else self._choice.value()
        elif self._tick is not None:
            settings[key] = self._tick.isChecked()
        elif self._text is not None:
            settings[key] = self._text.text().strip()
        elif self._number is not None:
            settings[key] = self._number.value()
        elif self._decimal is not None and self.field.kind == "millimetres":
            settings[key] = round(self._decimal.value() * _number(settings["dots_per_mm"]))
        elif self._decimal is not None:
            settings[key] = round(self._decimal.value(), 2)

    def _fill_resolution(self, dots: float) -> None:
        if self._choice is None or self._decimal is None:
            return
        sold = next((word for word, value in RESOLUTIONS.items() if value == dots), OTHER_RESOLUTION)
        self._choice.choose(sold)
        self._decimal.setValue(dots)
        self._decimal.setVisible(sold == OTHER_RESOLUTION)

    @Slot(str)
    def _on_picked(self, value: str) -> None:
        if self._decimal is not None:
            self._decimal.setVisible(value == OTHER_RESOLUTION)
        self.changed.emit()

    def _explain(self, ui: Ui, code: str) -> None:
        explain(self, ui.texts.say_if_known(Phrase(code)))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
