"""The one door between threads and screens."""

import gc
import sys
import threading

import pytest
from PySide6.QtCore import QObject, Signal

from desktop.bridge.task_runner import TaskRunner
from desktop.bridge.tasks import InlineTasks, Lane

pytestmark = pytest.mark.gui


class Owner:
    """Somebody who waits."""


@pytest.fixture
def runner(qapp):
    made = TaskRunner()
    yield made
    assert made.stop()


def test_results_come_back_on_the_gui_thread(qtbot, runner):
    owner, seen = Owner(), []
    here = threading.current_thread()
    runner.submit(
        threading.current_thread, lambda result: seen.append((result, threading.current_thread())), owner=owner
    )
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0][0] is not here
    assert seen[0][1] is here


def test_errors_reach_their_callback_or_the_message_bar(qtbot, runner):
    owner, mine, bar = Owner(), [], []
    runner.failed.connect(bar.append)
    runner.submit(lambda: 1 / 0, lambda _result: None, mine.append, owner=owner)
    runner.submit(lambda: 1 / 0, lambda _result: None, owner=owner)
    qtbot.waitUntil(lambda: bool(mine and bar))
    assert isinstance(mine[0], ZeroDivisionError)
    assert isinstance(bar[0], ZeroDivisionError)


def test_an_act_that_failed_is_told_although_its_page_is_gone_and_a_look_is_not(qtbot, runner):
    owner, bar, gate = Owner(), [], threading.Event()
    runner.failed.connect(bar.append)
    runner.submit(lambda: gate.wait(5) and 1 / 0, lambda _result: None, bar.append, owner=owner, lane=Lane.ACTS)
    runner.submit(lambda: gate.wait(5) and 1 / 0, lambda _result: None, bar.append, owner=owner, lane=Lane.FILES)
    del owner
    gc.collect()
    gate.set()
    qtbot.waitUntil(lambda: bool(bar))
    qtbot.wait(30)
    assert [type(error) for error in bar] == [ZeroDivisionError]


@pytest.mark.expected_log("what was called back failed")
def test_a_defect_of_whoever_is_called_back_is_told(qtbot, runner):
    owner, bar = Owner(), []
    runner.failed.connect(bar.append)
    runner.submit(lambda: 0, lambda zero: 1 / zero, owner=owner)
    qtbot.waitUntil(lambda: bool(bar))
    assert isinstance(bar[0], ZeroDivisionError)


def test_a_lane_outlives_an_exception(qtbot, runner):
    owner, seen = Owner(), []
    runner.submit(lambda: 1 / 0, seen.append, lambda _error: None, owner=owner, lane=Lane.ACTS)
    runner.submit(lambda: 7, seen.append, owner=owner, lane=Lane.ACTS)
    qtbot.waitUntil(lambda: seen == [7])


def test_acts_run_one_after_the_other_in_order(qtbot, runner):
    owner, started, seen = Owner(), [], []

    def work(number):
        started.append(number)
        return number

    for number in range(200):
        runner.submit(lambda number=number: work(number), seen.append, owner=owner, lane=Lane.ACTS)
    qtbot.waitUntil(lambda: len(seen) == 200)
    assert started == seen == list(range(200))


def test_a_newer_wish_makes_the_older_answer_worthless(qtbot, runner):
    owner, seen, gate = Owner(), [], threading.Event()
    runner.submit(lambda: gate.wait(5) and "old", seen.append, owner=owner, key="search")
    runner.submit(lambda: "new", seen.append, owner=owner, key="search")
    qtbot.waitUntil(lambda: bool(seen))
    gate.set()
    runner.submit(lambda: "end", seen.append, owner=owner, lane=Lane.ACTS)
    qtbot.waitUntil(lambda: "end" in seen)
    assert "old" not in seen


@pytest.mark.parametrize("is_qobject", [True, False])
def test_a_dead_owner_hears_nothing(qtbot, runner, is_qobject):
    owner = QObject() if is_qobject else Owner()
    seen, gate = [], threading.Event()
    runner.submit(lambda: gate.wait(5), lambda _result: seen.append("dead"), owner=owner, lane=Lane.ACTS)
    if is_qobject:
        import shiboken6

        shiboken6.delete(owner)
    else:
        del owner
        gc.collect()
    gate.set()
    alive = Owner()
    runner.submit(lambda: "alive", seen.append, owner=alive, lane=Lane.ACTS)
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == ["alive"]


def test_stop_finishes_the_acts_and_drops_the_looks(qapp):
    runner, owner, done, gate = TaskRunner(), Owner(), [], threading.Event()
    runner.submit(lambda: gate.wait(5), lambda _result: None, owner=owner, lane=Lane.ACTS)
    runner.submit(lambda: done.append("act"), lambda _result: None, owner=owner, lane=Lane.ACTS)
    gate.set()
    assert runner.stop()
    runner.submit(lambda: done.append("late"), lambda _result: None, owner=owner, lane=Lane.ACTS)
    assert done == ["act"]


def test_changes_from_any_thread_arrive_on_this_one(qtbot, runner):
    seen, here = [], threading.get_ident()
    runner.changed.connect(lambda changes: seen.append((changes, threading.get_ident() == here)))
    thread = threading.Thread(target=lambda: runner.announce("changes"))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [("changes", True)]


def test_work_from_another_thread_is_refused(runner):
    refused = []

    def submit():
        try:
            runner.submit(lambda: None, lambda _result: None, owner=runner)
        except RuntimeError as error:
            refused.append(error)

    thread = threading.Thread(target=submit)
    thread.start()
    thread.join()
    assert len(refused) == 1


def test_inline_tasks_call_back_before_returning():
    seen, unhandled = [], []
    tasks = InlineTasks(unhandled.append)
    tasks.submit(lambda: 1, seen.append, owner=tasks)
    tasks.submit(lambda: 1 / 0, seen.append, owner=tasks)
    assert seen == [1]
    assert isinstance(unhandled[0], ZeroDivisionError)


def test_signals_do_not_eat_references_of_true(qapp):
    """PySide6 6.12.0 on Python 3.11 lost one reference to True at each emit, and aborted after some hundred."""

    class Source(QObject):
        told = Signal(object)

    source = Source()
    before = sys.getrefcount(True)
    for _ in range(1000):
        source.told.emit(None)
    assert abs(sys.getrefcount(True) - before) < 100
