import copy
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printing.errors import LabelContentError
from printing.label import (
    LabelContent,
    label_from_mapping,
    label_to_mapping,
    printed_time,
    read_label,
)
from tests.support.labels import EXAMPLE, example_label, example_mapping


def paths_of(value, prefix=""):
    """Every field of the example by its path, lists by their first entry."""
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{prefix}.{key}" if prefix else key
            yield path
            yield from paths_of(inner, path)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield from paths_of(value[0], f"{prefix}[0]")


RAW = json.loads(EXAMPLE.read_text(encoding="utf-8"))
FIELDS = [path for path in paths_of(RAW) if path != "schema"]


def parent_of(raw, path):
    *steps, last = path.replace("[0]", ".0").split(".")
    for step in steps:
        raw = raw[int(step) if step.isdigit() else step]
    return raw, last


def test_the_documented_example_has_every_field_and_none_empty():
    content = read_label(EXAMPLE.read_bytes())
    for name in LabelContent.__slots__:
        assert getattr(content, name) not in ("", (), None, 0), name


def test_reading_what_was_written_gives_the_same_content():
    content = example_label()
    assert label_from_mapping(json.loads(json.dumps(label_to_mapping(content)))) == content


@pytest.mark.parametrize("path", FIELDS)
def test_a_missing_field_is_named(path):
    raw = copy.deepcopy(RAW)
    parent, last = parent_of(raw, path)
    del parent[last]
    with pytest.raises(LabelContentError) as caught:
        label_from_mapping(raw)
    assert (caught.value.code, caught.value.facts["path"]) == ("label.field_missing", path)


@pytest.mark.parametrize("path", FIELDS)
def test_a_wrong_type_is_named(path):
    raw = copy.deepcopy(RAW)
    parent, last = parent_of(raw, path)
    parent[last] = 1.5
    with pytest.raises(LabelContentError) as caught:
        label_from_mapping(raw)
    assert (caught.value.code, caught.value.facts["path"]) == ("label.field_type", path)


@pytest.mark.parametrize("where", ["", "carrier", "sender", "consignee", "items[0]", "sequence", "box"])
def test_an_unknown_field_is_refused(where):
    raw = copy.deepcopy(RAW)
    parent, _ = parent_of(raw, f"{where}.colour" if where else "colour")
    parent["colour"] = "red"
    with pytest.raises(LabelContentError, match="colour") as caught:
        label_from_mapping(raw)
    assert caught.value.code == "label.field_unknown"


@pytest.mark.parametrize("schema", [0, 2, "1", None, True])
def test_another_schema_version_is_refused(schema):
    with pytest.raises(LabelContentError) as caught:
        label_from_mapping({**RAW, "schema": schema})
    assert caught.value.code == "label.schema_unknown"


@pytest.mark.parametrize("number", ["SF 1390000123456", "123\n", "顺丰1390000123456", "123", "9" * 65, "12\x00345"])
def test_a_waybill_number_that_is_no_number_is_refused(number):
    with pytest.raises(LabelContentError, match="waybill_no"):
        label_from_mapping({**RAW, "waybill_no": number})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("items[0].qty", 0),
        ("items[0].qty", True),
        ("item_count", -1),
        ("reprint", -1),
        ("sequence.number", 10**12),
        ("box.total", 0),
        ("printed_at", "2026-11-23T10:05:00"),
        ("printed_at", "today"),
    ],
)
def test_a_value_out_of_range_is_refused(path, value):
    raw = copy.deepcopy(RAW)
    parent, last = parent_of(raw, path)
    parent[last] = value
    with pytest.raises(LabelContentError, match=last):
        label_from_mapping(raw)


def test_far_too_long_texts_and_lists_are_refused():
    for field, value in (("buyer_note", "x" * 100_001), ("order_nos", ["1"] * 10_001)):
        with pytest.raises(LabelContentError) as caught:
            label_from_mapping({**RAW, field: value})
        assert caught.value.code == "label.field_too_long"


@pytest.mark.parametrize(
    "source", [b"", b"[]", b"nonsense", b'{"schema":1,"schema":1}', b"[" * 100_000, b"\xff\xfe\x00", b"{"]
)
def test_what_is_no_label_is_refused_in_words(source):
    with pytest.raises(LabelContentError):
        read_label(source)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(path=st.sampled_from(FIELDS), value=json_values)
def test_any_value_in_any_field_is_read_or_refused_never_a_crash(path, value):
    raw = copy.deepcopy(RAW)
    parent, last = parent_of(raw, path)
    parent[last] = value
    try:
        content = label_from_mapping(raw)
    except LabelContentError:
        return
    assert label_from_mapping(label_to_mapping(content)) == content


def test_a_stamped_copy_differs_in_number_and_time_only():
    at = datetime(2026, 1, 8, 16, 30, tzinfo=UTC)
    copy_two = example_label().stamped(2, at)
    assert (copy_two.reprint, copy_two.printed_at) == (2, at)
    assert copy_two.stamped(1, example_label().printed_at) == example_label()


def test_time_on_paper_is_chinese_time_whatever_zone_it_came_in():
    assert printed_time(example_label(printed_at=datetime(2026, 1, 8, 16, 30, tzinfo=UTC))) == "2026-01-09 00:30"


def test_the_schema_file_describes_exactly_what_is_read():
    schema = json.loads((EXAMPLE.parents[1] / "label-content.schema.json").read_text(encoding="utf-8"))
    described = set()

    def walk(node, prefix):
        node = next((part for part in node.get("anyOf", []) if part.get("type") != "null"), node)
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
        if node.get("type") == "array":
            node, prefix = node["items"], f"{prefix}[0]"
            if "$ref" in node:
                node = schema["$defs"][node["$ref"].rpartition("/")[2]]
        if "properties" not in node:
            return
        assert node["additionalProperties"] is False
        assert sorted(node["required"]) == sorted(node["properties"])
        for name, inner in node["properties"].items():
            path = f"{prefix}.{name}" if prefix else name
            described.add(path)
            walk(inner, path)

    walk(schema, "")
    assert described == {"schema", *FIELDS}
    assert example_mapping().keys() == schema["properties"].keys()
