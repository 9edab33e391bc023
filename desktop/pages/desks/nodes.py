"""Who is awake, and whose silence is told."""

from functools import partial
from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.sync.presence import BEAT_S, NodeRow
from desktop.formats import moment_text
from desktop.pages.desks.presenter import DesksPresenter
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.fields import TickBox
from desktop.widgets.labels import ElidedLabel, PlainLabel
from desktop.widgets.layouts import refill

#: so many beats that were not heard, and it is not awake
_MISSED: Final = 2.5


class NodesCard(QFrame):
    """One line a program; made anew when something changed."""

    def __init__(self, ui: Ui, presenter: DesksPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._shown: object = None
        self.setProperty("look", "card")
        heading = PlainLabel(ui, "heading")
        heading.say("desks.nodes")
        self._limit = PlainLabel(ui, "secondary", wraps=True, name="desks.limit")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        column.addWidget(heading)
        column.addWidget(self._limit)
        column.addLayout(self._rows)
        ui.retranslated.connect(self._forget)

    @Slot()
    def _forget(self) -> None:
        self._shown = None

    def show_screen(self) -> None:
        """Show who is there, and what nobody would be told."""
        screen = self._presenter.screen
        together = screen.together
        if together is None:
            self._limit.say("desks.looking")
            return
        awake = [row for row in together.nodes if self._is_awake(row)]
        watched = [row for row in together.nodes if row.is_always_on]
        if not together.server or len({row.node.partition("/")[0] for row in awake}) < 2:
            self._limit.say("desks.limit.alone")
        else:
            self._limit.say("desks.limit.watched" if watched else "desks.limit.nobody")
        wanted = (together.nodes, [self._is_awake(row) for row in together.nodes], screen.asked)
        if wanted != self._shown:
            self._shown = wanted
            refill(self._rows, [self._line(number, row) for number, row in enumerate(together.nodes)])

    def _is_awake(self, row: NodeRow) -> bool:
        return row.heard_at is not None and (self._ui.now() - row.heard_at).total_seconds() < _MISSED * BEAT_S

    def _line(self, number: int, row: NodeRow) -> QWidget:
        line = QWidget()
        whole = QVBoxLayout(line)
        whole.setContentsMargins(0, 2, 0, 2)
        whole.setSpacing(2)
        top, below = QHBoxLayout(), QHBoxLayout()
        name = ElidedLabel(self._ui, "body", name=f"desks.node.{number}.name")
        name.say("desks.node", desk=row.desk, kind=self._ui.texts.t(f"desks.kind.{row.kind}"))
        top.addWidget(name, 1)
        pill = StatePill(self._ui, name=f"desks.node.{number}.state")
        is_awake = self._is_awake(row)
        if is_awake:
            pill.show_state("good", "desks.awake")
        elif row.heard_at is None:
            pill.show_state("quiet", "desks.never")
        else:
            pill.show_state("stop" if row.is_always_on else "quiet", "desks.heard", at=moment_text(row.heard_at))
        top.addWidget(pill)
        tick = TickBox(self._ui, "desks.always_on", f"desks.node.{number}.always_on")
        tick.setChecked(row.is_always_on)
        tick.clicked.connect(lambda is_on: self._presenter.watch_over(row, is_always_on=bool(is_on)))
        below.addWidget(tick)
        below.addStretch(1)
        if not is_awake:
            is_armed = self._presenter.screen.asked == f"forget:{row.node}"
            below.addWidget(
                ActionButton(
                    self._ui,
                    "desks.forget.do" if is_armed else "desks.forget",
                    partial(self._presenter.forget, row),
                    look="danger" if is_armed else "plain",
                    name=f"desks.node.{number}.forget",
                )
            )
        whole.addLayout(top)
        whole.addLayout(below)
        return line
