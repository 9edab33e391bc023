"""What is stopped now, a card each: every shop with how far it is, and the way back."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from core.access.rights import Right
from core.inventory.stopping.records import Progress, ShopStop, StopRow, TripRow, TripState
from desktop.formats import moment_text
from desktop.pages.limits.presenter import LimitsPresenter
from desktop.pages.limits.words import PROGRESS_TONES, TRIP_TONES, progress_words, trip_words
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState, StatePill
from desktop.widgets.labels import PlainLabel
from desktop.widgets.layouts import empty

#: links named on a card; the button copies them all
_NAMED = 3


class StopsPart(QWidget):
    """Cards of trips and stops; drawn anew only where something differs."""

    def __init__(self, ui: Ui, presenter: LimitsPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._shown: object = None
        self._nothing = EmptyState(ui, "circle-check", "limits.stops.empty", "limits.stops.empty")
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        holder = QWidget()
        self._cards = QVBoxLayout(holder)
        self._cards.setContentsMargins(0, 0, 8, 0)
        self._cards.setSpacing(10)
        self._scroll.setWidget(holder)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._scroll, 1)
        column.addWidget(self._nothing, 1)
        ui.retranslated.connect(self._fill)

    def show_screen(self) -> None:
        """Show what stands."""
        view = self._presenter.screen.view
        now = None if view is None else (view.stops, view.trips)
        if now != self._shown:
            self._shown = now
            self._fill()

    def _fill(self) -> None:
        view = self._presenter.screen.view
        held = QApplication.focusWidget()
        name = held.objectName() if held is not None and self.isAncestorOf(held) else ""
        empty(self._cards)
        if view is None:
            self._nothing.hide()
            return
        for trip in view.trips:
            self._cards.addWidget(_TripCard(self._ui, self._presenter, trip))
        for stop in view.stops:
            self._cards.addWidget(_StopCard(self._ui, self._presenter, stop))
        self._cards.addStretch(1)
        is_empty = not (view.trips or view.stops)
        self._nothing.setVisible(is_empty)
        self._scroll.setVisible(not is_empty)
        again = self.findChild(QWidget, name) if name else None
        if again is not None:
            again.setFocus()


class _TripCard(QFrame):
    """One trip of the breaker."""

    def __init__(self, ui: Ui, presenter: LimitsPresenter, trip: TripRow) -> None:
        super().__init__()
        name = f"limits.trip.{trip.id}"
        self.setObjectName(name)
        self.setProperty("look", "card")
        pill = StatePill(ui, f"{name}.state")
        pill.show_state(TRIP_TONES[trip.state], f"limits.state.{trip.state.value}")
        words = PlainLabel(ui, "body", wraps=True, name=f"{name}.words")
        words.show_text(trip_words(trip, ui.texts))
        when = PlainLabel(ui, "secondary")
        when.show_text(moment_text(trip.at))
        more = PlainLabel(ui, "secondary", wraps=True)
        more.say("limits.trip.calm" if trip.is_calm and not trip.resumes else "limits.trip.stands")
        more.setVisible(trip.state is TripState.ACTED)
        row = QHBoxLayout()
        row.addWidget(pill)
        row.addWidget(words, 1)
        row.addWidget(when)
        if trip.state is not TripState.ACTED:
            row.addWidget(
                ActionButton(
                    ui,
                    "limits.do.accept",
                    partial(presenter.accept, trip),
                    look="danger",
                    icon="octagon-x",
                    name=f"{name}.accept",
                    right=Right.STOP_SALE,
                )
            )
        if trip.state is not TripState.DECLINED:
            code = "limits.do.resume" if trip.state is TripState.ACTED else "limits.do.decline"
            act = partial(presenter.let_go, trip)
            row.addWidget(ActionButton(ui, code, act, icon="play", name=f"{name}.let_go", right=Right.STOP_SALE))
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 12, 12)
        column.addLayout(row)
        column.addWidget(more)
        if trip.by_hand:
            hands = PlainLabel(ui, "body", wraps=True, name=f"{name}.by_hand")
            hands.say("limits.trip.by_hand", shops=ui.texts.t("limits.and_shop").join(trip.by_hand))
            column.addWidget(hands)


class _StopCard(QFrame):
    """One stop, with a line for each shop."""

    def __init__(self, ui: Ui, presenter: LimitsPresenter, stop: StopRow) -> None:
        super().__init__()
        self._ui, self._presenter, self._stop = ui, presenter, stop
        name = self._name = f"limits.stop.{stop.id}"
        self.setObjectName(name)
        self.setProperty("look", "card")
        is_lifted = stop.lifted_at is not None
        pill = StatePill(ui, f"{name}.state")
        tone = "stop" if not is_lifted else "good" if stop.is_done else "busy"
        state = "stopped" if not is_lifted else "back" if stop.is_done else "coming_back"
        pill.show_state(tone, f"limits.state.{state}")
        title = PlainLabel(ui, "heading", name=f"{name}.title")
        goods = f"{stop.sku_code} {stop.sku_name}" if stop.sku_code else ui.texts.t("limits.everything")
        title.show_text(goods)
        about = PlainLabel(ui, "secondary", wraps=True)
        about.say(
            "limits.stop.about_why" if stop.reason else "limits.stop.about",
            who=stop.by,
            when=moment_text(stop.at),
            why=stop.reason,
        )
        head = QHBoxLayout()
        head.addWidget(pill)
        head.addWidget(title)
        head.addWidget(about, 1)
        if is_lifted:
            act = partial(presenter.put_away, stop)
            close = ActionButton(
                ui, "limits.do.close", act, icon="check", name=f"{name}.close", right=Right.STOP_SALE
            )
            head.addWidget(close)
        else:
            act = partial(presenter.lift, stop)
            resume = ActionButton(
                ui, "limits.do.resume", act, look="main", icon="play", name=f"{name}.lift", right=Right.STOP_SALE
            )
            head.addWidget(resume)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 12, 12)
        column.setSpacing(6)
        column.addLayout(head)
        for shop in stop.shops:
            column.addLayout(self._shop_row(shop, is_lifted=is_lifted))
            if shop.links and shop.progress is Progress.TO_DO:
                column.addWidget(self._links(shop))

    def _shop_row(self, shop: ShopStop, *, is_lifted: bool) -> QHBoxLayout:
        ui, name = self._ui, f"{self._name}.{shop.shop_id}"
        pill = StatePill(ui, f"{name}.state")
        pill.show_state(PROGRESS_TONES[shop.progress], f"limits.progress.{shop.progress.value}")
        pill.setFixedWidth(ui.scaled(110))
        who = PlainLabel(ui, "body")
        who.show_text(shop.shop_name)
        who.setFixedWidth(ui.scaled(180))
        words = PlainLabel(ui, "secondary", wraps=True, name=f"{name}.words")
        words.show_text(progress_words(shop, ui.texts, is_lifted=is_lifted))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(pill)
        row.addWidget(who)
        row.addWidget(words, 1)
        if shop.by_hand_count:
            is_done = shop.progress is not Progress.TO_DO
            act = partial(self._presenter.mark_shop, self._stop, shop.shop_id, is_done=not is_done)
            code = "limits.do.undone" if is_done else "limits.do.done"
            if shop.links and not is_done:
                copy = partial(self._copy, shop)
                row.addWidget(ActionButton(ui, "limits.do.copy", copy, icon="file-text", name=f"{name}.copy"))
            row.addWidget(ActionButton(ui, code, act, icon="check", name=f"{name}.done", right=Right.STOP_SALE))
        return row

    def _links(self, shop: ShopStop) -> PlainLabel:
        texts = self._ui.texts
        named = texts.t("limits.and_shop").join(f"{one.title} {one.spec}".strip() for one in shop.links[:_NAMED])
        more = shop.by_hand_count - min(len(shop.links), _NAMED)
        label = PlainLabel(self._ui, "small", wraps=True, name=f"{self._name}.{shop.shop_id}.links")
        label.setContentsMargins(self._ui.scaled(306), 0, 0, 0)
        label.show_text(texts.t("limits.links.more", names=named, n=more) if more else named)
        return label

    def _copy(self, shop: ShopStop) -> None:
        lines = [" ".join(filter(None, (one.item_id, one.title, one.spec))) for one in shop.links]
        QGuiApplication.clipboard().setText("\n".join(lines))
        self._presenter.copied(len(lines))
