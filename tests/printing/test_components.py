"""The components' client against honest and misbehaving stand-ins, over real sockets."""

import json
import logging
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from printing.components import content
from printing.components.client import LocalComponents
from printing.components.content import content_from_mapping
from printing.components.contract import ComponentPrinter, Task, TaskState
from printing.components.dialects import DIALECTS, PDD
from printing.components.discovery import find_components
from printing.components.messages import clean_words, print_request, read
from printing.errors import LabelContentError, NothingSent, PartlySent, PrintingError, TaskFailed
from tests.simulators.label_printer import LabelPrinter
from tests.simulators.print_component import (
    LEAVES_DOUBT,
    SAYS_NO,
    SECRET_NAME,
    SECRET_PHONE,
    Fault,
    PrintComponent,
    print_data_for,
    read_page,
)
from tests.support.components import component_content


@pytest.fixture
def printer():
    with LabelPrinter(dots_per_mm=2.0) as simulated:
        yield simulated


@pytest.fixture(params=sorted(DIALECTS))
def component(request, printer):
    with PrintComponent(request.param, printer) as running:
        running.dialect = request.param
        yield running


def components(component, **more):
    return LocalComponents({component.dialect: component.port}, connect_s=2.0, reply_s=1.0, **more)


def documents(number, dialect):
    return content_from_mapping(component_content(number, dialect)).documents


def print_one(component, number, task_id="", patience_s=2.0):
    """Print one label and follow it to its end; None where nothing more was said."""
    session = components(component).open(component.dialect)
    try:
        session.print(Task(task_id or f"t-{number}", "QUEUE", documents(number, component.dialect)))
        while (state := session.follow(patience_s)) not in {TaskState.PRINTED, None}:
            pass
        return state
    finally:
        session.close()


def labels(printer):
    return [read_page(paper)[0] for paper in printer.papers]


def test_a_label_comes_out_and_only_printed_says_so(component, printer):
    session = components(component).open(component.dialect)
    assert session.printers() == (ComponentPrinter("QUEUE"),)
    session.print(Task("t", "QUEUE", documents(7, component.dialect)))
    heard = [session.follow(5), session.follow(5), session.follow(5)]
    session.close()
    assert heard == [TaskState.ACCEPTED, TaskState.RENDERED, TaskState.PRINTED]
    assert [read_page(paper) for paper in printer.papers] == [(7, 0, True)]


def test_a_task_that_the_component_knows_is_refused_and_not_printed_again(component, printer):
    assert print_one(component, 1, "same") is TaskState.PRINTED
    with pytest.raises(TaskFailed) as caught:
        print_one(component, 2, "same")
    assert caught.value.code == "component.refused"
    assert labels(printer) == [1]


@pytest.mark.parametrize("fault", sorted(SAYS_NO, key=lambda fault: fault.value))
def test_a_no_is_told_with_its_words_but_without_what_they_quote(component, printer, fault):
    component.faults = [fault]
    with pytest.raises(TaskFailed) as caught:
        print_one(component, 1)
    words = caught.value.facts["message"]
    assert any(word in words for word in ("缺纸", "打印机忙", "Unknown cipher"))
    assert SECRET_PHONE not in words
    assert words not in str(caught.value)
    assert printer.papers == ()


@pytest.mark.parametrize("fault", sorted(LEAVES_DOUBT, key=lambda fault: fault.value))
def test_after_print_was_sent_neither_silence_nor_a_broken_line_is_an_answer(component, fault):
    component.faults = [fault]
    if fault in {Fault.MUTE, Fault.LOSES_NOTICE}:
        assert print_one(component, 1, patience_s=0.3) is None
        return
    with pytest.raises(PartlySent) as caught:
        print_one(component, 1, patience_s=2.0)
    assert caught.value.code in {"component.closed", "component.garbled"}


@pytest.mark.parametrize(
    "fault", [Fault.NOTIFIES_TWICE, Fault.NOTIFIES_LATE, Fault.NOTIFIES_OTHERS, Fault.SLOW, Fault.GARBAGE]
)
def test_what_does_not_concern_the_task_changes_nothing(component, printer, fault):
    component.faults = [fault]
    assert print_one(component, 1) is TaskState.PRINTED
    assert print_one(component, 2) is TaskState.PRINTED
    assert labels(printer) == [1, 2]


def test_before_print_is_sent_every_failure_is_nothing_sent_and_a_restarted_one_is_found(component):
    component.die()
    with pytest.raises(NothingSent) as caught:
        components(component).open(component.dialect)
    assert caught.value.code == "component.absent"
    component.come_back()
    for fault, code in ((Fault.DIES_AT_PRINTERS, "component.closed"), (Fault.MUTE_AT_PRINTERS, "component.silent")):
        component.faults = [fault]
        session = components(component).open(component.dialect)
        with pytest.raises(NothingSent) as caught:
            session.printers()
        session.close()
        assert caught.value.code == code
        component.come_back()
    assert print_one(component, 1) is TaskState.PRINTED


@pytest.mark.parametrize("end", [PrintComponent.die, PrintComponent.hang_up])
def test_a_line_that_the_component_closed_before_is_seen_before_the_first_byte(component, end):
    session = components(component).open(component.dialect)
    session.printers()
    end(component)
    with pytest.raises(NothingSent):
        session.print(Task("t", "QUEUE", documents(1, component.dialect)))
    session.close()
    assert component.seen == []


def test_what_listens_there_but_speaks_no_websocket_is_nothing_sent_and_takes_no_longer_than_allowed():
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(10)

        def drip():
            line, _ = door.accept()
            with line:
                try:
                    for _ in range(200):
                        line.sendall(b"H")
                        threading.Event().wait(0.05)
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        there = LocalComponents({"cainiao": door.getsockname()[1]}, connect_s=0.5)
        began = time.monotonic()
        with pytest.raises(NothingSent) as caught:
            there.open("cainiao")
        assert caught.value.code == "component.garbled"
        assert time.monotonic() - began < 5, "every drip was waited for anew"
        thread.join(15)


def test_running_components_are_found_with_their_printers(component):
    component.printers += ["OLD"]
    component.disabled = {"OLD"}
    other = next(name for name in DIALECTS if name != component.dialect)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    found = find_components(LocalComponents({component.dialect: component.port, other: port}, connect_s=1.0))
    assert [(one.dialect, one.printers) for one in found] == [
        (component.dialect, (ComponentPrinter("QUEUE"), ComponentPrinter("OLD", is_enabled=False)))
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    dialect=st.sampled_from(sorted(DIALECTS)),
    faults=st.lists(
        st.sampled_from(sorted(set(Fault) - {Fault.MUTE_AT_PRINTERS}, key=lambda fault: fault.value)), max_size=4
    ),
)
def test_whatever_a_component_does_its_client_never_says_more_than_it_knows(dialect, faults):
    """`printed` has its paper, a no has none, nothing sent was never seen, and only doubt may go either way."""
    with LabelPrinter(dots_per_mm=2.0) as printer, PrintComponent(dialect, printer) as component:
        component.dialect = dialect
        component.pause_s = 0.02
        for number, fault in enumerate(faults, start=1):
            component.faults = [fault]
            try:
                session = components(component).open(dialect)
                session.printers()
                session.print(Task(f"t-{number}", "QUEUE", documents(number, dialect)))
                while (state := session.follow(0.25)) not in {TaskState.PRINTED, None}:
                    pass
                outcome = "printed" if state else "doubt"
            except PrintingError as error:
                outcome = {NothingSent: "unsent", PartlySent: "doubt", TaskFailed: "no"}[type(error)]
            finally:
                session.close()
            component.wait_until_idle()
            is_there = number in labels(printer)
            assert {"printed": is_there, "no": not is_there, "unsent": f"t-{number}" not in component.seen}.get(
                outcome, True
            ), (fault, outcome)
            assert (outcome == "doubt") <= (fault in LEAVES_DOUBT), (fault, outcome)
            component.come_back()
        assert len(labels(printer)) == len(set(labels(printer)))


@given(st.text())
def test_any_text_is_a_message_or_none_and_never_a_crash(text):
    read(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["cmd", "requestID", "taskID", "status", "taskStatus", "msg", "printers", "printStatus"]),
        json_values,
    )
)
def test_any_json_under_the_right_names_neither(body):
    read(json.dumps(body))


@given(st.text(min_size=2, max_size=20), st.text(max_size=10))
def test_words_never_quote_what_was_to_be_printed(secret, around):
    raw = component_content(1)
    raw["documents"][0]["contents"] = [{"data": {"recipient": {"name": secret}}, "templateURL": "x"}]
    made = content_from_mapping(raw)
    if secret.isprintable():
        assert secret not in clean_words(f"{around}{secret}{around}", made.documents).replace("…", "\n")


def test_long_numbers_are_left_out_of_words():
    assert clean_words("电话 139 0000-1234 错误 11", ()) == "电话 … 错误 11"


def test_print_data_is_handed_on_untouched_but_for_the_name_of_its_template():
    made = content_from_mapping(component_content(5, "pdd")).stamped(2)
    task = json.loads(print_request(PDD, "r", Task("t", "QUEUE", made.documents)))["task"]
    first, area = task["documents"][0]["contents"]
    given_data = print_data_for(5)
    assert first == {"templateUrl": given_data.pop("templateURL"), **given_data}
    assert area == {
        "templateURL": "http://127.0.0.1/template/customArea/1",
        "data": {"items": "团团熊 ×1", "reprint": "补打 2"},
    }
    assert (task["taskID"], task["printer"], task["documents"][0]["documentID"]) == ("t", "QUEUE", "TT000000005")


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"schema": True},
        {"dialect": "morse"},
        {"documents": []},
        {"documents": [{}]},
        {"more": 1},
        {"documents": [{**component_content(1)["documents"][0], "contents": [{"signature": "x"}]}]},
        {"documents": [{**component_content(1)["documents"][0], "contents": [{"data": {1, 2}}]}]},
        {
            "documents": [
                {**component_content(1)["documents"][0], "custom_area": {"template_url": "x", "data": {"a": 1}}}
            ]
        },
        {"documents": [{**component_content(1)["documents"][0], "contents": [{"encryptedData": "x" * 600_000}]}]},
    ],
    ids=range(10),
)
def test_what_is_no_component_content_is_refused(change):
    with pytest.raises(LabelContentError) as caught:
        content_from_mapping({**component_content(1), **change})
    assert caught.value.code == "component.content_bad"


def test_neither_logs_nor_errors_hold_what_is_printed(component, caplog):
    caplog.set_level(logging.DEBUG)
    told = []
    for fault in Fault:
        component.faults = [fault]
        try:
            session = components(component).open(component.dialect)
            session.printers()
            session.print(Task(f"t-{fault.value}", "QUEUE", documents(1, component.dialect)))
            session.follow(0.2)
            session.follow(0.2)
        except PrintingError as error:
            told.append(f"{error} {error!r} {error.__cause__!r}")
        finally:
            session.close()
        component.come_back()
    text = caplog.text + " ".join(told) + repr(Task("t", "Q", documents(1, component.dialect)))
    assert told
    for secret in (
        SECRET_NAME,
        SECRET_PHONE,
        print_data_for(1)["encryptedData"][:20],
        print_data_for(1)["signature"][:20],
    ):
        assert secret not in text


def test_the_schema_file_describes_what_is_read():
    folder = Path(__file__).resolve().parents[2] / "docs"
    schema = json.loads((folder / "component-content.schema.json").read_text(encoding="utf-8"))
    raw = component_content(1)
    document = schema["$defs"]["document"]
    area = document["properties"]["custom_area"]["anyOf"][0]
    assert schema["properties"].keys() == set(schema["required"]) == raw.keys()
    assert document["properties"].keys() == set(document["required"]) == raw["documents"][0].keys()
    assert area["properties"].keys() == set(area["required"]) == raw["documents"][0]["custom_area"].keys()
    assert schema["properties"]["dialect"]["enum"] == list(DIALECTS)
    assert schema["properties"]["schema"]["const"] == content.SCHEMA_VERSION
    assert schema["properties"]["documents"]["maxItems"] == content.MAX_DOCUMENTS
    assert document["properties"]["contents"]["maxItems"] == content.MAX_CONTENTS
    assert schema["$defs"]["text"]["maxLength"] == content.MAX_TEXT_CHARS
    assert f"{content.MAX_BYTES:,}" in schema["description"]


def test_a_desk_without_components_never_loads_the_websocket_library():
    code = "import sys, printing.spooler, printing.components.discovery; print('websocket' in sys.modules)"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.split() == ["False"]
