"""The order page's answers are late: what the clerk asked for last is what is shown."""

import pytest

from desktop.pages.orders.presenter import OrdersPresenter
from tests.gui.conftest import ManualTasks
from tests.support.desk_notes import DeskNotes
from tests.support.desk_world import DeskWorld


@pytest.fixture
def presenter():
    world = DeskWorld()
    for order_id in (10, 11):
        world.add_order(order_id)
    made = OrdersPresenter(world, world, DeskNotes(world), ManualTasks(), lambda tone, phrase, undo: None)
    made.open(10)
    made._tasks.run()
    assert shown(made) == 10
    return made


def shown(presenter):
    detail = presenter.screen.detail
    return None if detail is None else detail.row.id


@pytest.mark.parametrize("meanwhile", ["reload", "refresh_beside"])
def test_records_that_change_meanwhile_do_not_undo_a_choice(presenter, meanwhile):
    presenter.open(11)
    getattr(presenter, meanwhile)()
    presenter._tasks.run()
    assert shown(presenter) == 11


def test_a_closed_drawer_stays_closed_when_its_answer_comes(presenter):
    presenter.open(11)
    presenter.close()
    presenter._tasks.run()
    assert shown(presenter) is None
    presenter.reload()
    presenter._tasks.run()
    assert shown(presenter) is None
