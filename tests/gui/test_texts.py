"""Both languages say everything, and everything said has words."""

import ast
import json
import re
import string
from pathlib import Path

import pytest

import core.fulfilment.records
from core.access.records import EXPORT_REASONS, LOG_KINDS
from core.access.records import REASONS as UNMASK_REASONS
from core.access.rights import Right, Role
from core.channels.stock_contract import WriteKind
from core.desk.files import PLATFORMS
from core.files.fields import FIELDS as FILE_FIELDS
from core.files.fields import KINDS as FILE_KINDS
from core.files.mapping import PRESETS
from core.orders.holds import REASONS
from core.orders.records import PILES
from core.practice.drill.records import Mode
from desktop import commands
from desktop.drill_words import FIGURES as DRILL_FIGURES
from desktop.pages.drill.presenter import Line
from desktop.pages.packing.side import PRINT_TONES, WAYBILL_TONES
from desktop.pages.people.presenter import Form
from desktop.pages.printers.form import KINDS
from desktop.pages.printers.presenter import TONES
from desktop.printer_fields import DEFAULTS, FIELDS
from desktop.settings import SETTINGS, DeskSettings
from desktop.shell.rail import PAGES
from desktop.texts import LANGUAGES, Phrase, Texts, load_catalogue, placeholders
from desktop.widgets.key_sheet import KEYS
from resources.interface import icon_file, translation_file

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "desktop").rglob("*.py"))
#: what a fault of the payments is called where it is raised
FAULT = re.compile(r'code="payment\.([a-z_]+)"')
CODE = re.compile(r"[a-z_]+(\.[a-zA-Z0-9_]+)+")
#: calls that take a code, and its place among the arguments
PLACES = {"Phrase": 0, "say": 0, "t": 0, "Column": 0, "_arm": 1, "show_state": 1} | dict.fromkeys(
    ("ActionButton", "Field", "TickBox"), 1
)


def test_catalogues_have_the_same_codes_and_facts():
    chinese, english = (load_catalogue(language) for language in LANGUAGES)
    assert chinese.keys() == english.keys()
    for code, template in chinese.items():
        assert placeholders(template) == placeholders(english[code]), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_code_stands_twice_and_every_template_can_be_filled(language):
    def no_doubles(pairs):
        assert len({code for code, _ in pairs}) == len(pairs)
        return dict(pairs)

    body = translation_file(language).read_text(encoding="utf-8")
    for code, template in json.loads(body, object_pairs_hook=no_doubles).items():
        assert template.strip(), code
        string.Formatter().vformat(template, (), dict.fromkeys(placeholders(template), "x"))


def test_chinese_is_chinese_and_english_is_not():
    hanzi = re.compile("[\u4e00-\u9fff]")
    exempt = {"strip.language", "strip.language.more", "setting.language.zh_CN", "welcome.language.zh_CN"}
    exempt.add("welcome.language.zh_CN.more")
    for code, template in load_catalogue("en").items():
        assert code in exempt or not hanzi.search(template), code


def codes_in_sources() -> set[str]:
    """Every literal that looks like a code and is used as one."""
    used = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = PLACES.get(name)
            if place is not None and len(node.args) > place:
                argument = node.args[place]
                if isinstance(argument, ast.Constant) and CODE.fullmatch(str(argument.value)):
                    used.add(argument.value)
    return used


def test_every_code_the_screens_use_has_words():
    known = load_catalogue("zh_CN")
    used = codes_in_sources()
    assert len(used) > 100, "the search for codes finds nothing"
    assert used - known.keys() == set()


#: what is said beside a code wherever it is there
BESIDE = (".hint", ".more", ".way", ".mend")
#: families whose members are made in core or printing, under the name that is given there
RAISED = ("error.", "journal.", "alert.", "verdict.", "doctor.", "doctor.mend.", "stock.note.", "log.facts.")


def _template(node: ast.JoinedStr) -> str:
    """What an f-string may become, as a pattern."""
    parts = [re.escape(str(one.value)) if isinstance(one, ast.Constant) else "[a-zA-Z0-9_.]+" for one in node.values]
    return "".join(parts)


def said_in_sources() -> tuple[set[str], re.Pattern[str], tuple[str, ...]]:
    """Whatever may be a code: strings as they stand, what f-strings may become, and what those begin with a code add."""
    said, made, endings = set(), set(), set()
    for path in (one for folder in ("desktop", "core", "printing") for one in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                template = _template(node)
                if re.match(r"[a-z_]+\\\.", template):
                    made.add(template)
                elif isinstance(node.values[-1], ast.Constant) and re.fullmatch(
                    "[a-z_.]+", str(node.values[-1].value)
                ):
                    endings.add(str(node.values[-1].value))
    return said, re.compile("|".join(f"(?:{one})" for one in made)), tuple(endings)


def test_no_text_is_there_that_nothing_says():
    """Words nobody reads are translated, kept and corrected for nothing; a family may be named in front of its word."""
    said, made, endings = said_in_sources()
    known = load_catalogue("zh_CN")
    families = {one for one in said if CODE.fullmatch(one) or one in {"page", "pile", "severity", "right", "role"}}

    def is_said(code: str) -> bool:
        above = [code[: place.start()] for place in re.finditer(r"\.", code)]
        if code in said or made.fullmatch(code) or any(family in families for family in above):
            return True
        if any(code.removeprefix(family) in said for family in RAISED if code.startswith(family)):
            return True
        return any(
            is_said(code.removesuffix(end)) for end in (*BESIDE, *endings) if code.endswith(end) and code != end
        )

    assert len(families) > 500, "the search for families finds nothing"
    assert [code for code in known if not is_said(code)] == []


def _refusals():
    """Why a row of a file may be refused."""
    said = re.compile(
        r'(?:BadCell|_BadField|_reject|\.bad|Rejected)\((?:[^()]|\([^()]*\))*?"([a-z_]+)"(?:, (?:cell|word|row\.cell\([^)]*\)))?\)'
    )
    found = {one for file in (ROOT / "core" / "files").glob("*.py") for one in said.findall(file.read_text("utf-8"))}
    assert {"damaged_number", "unknown_state", "not_a_time", "masked", "order_incomplete"} <= found
    return found


def families():
    doc = core.fulfilment.records.Verdict.__doc__ or ""
    yield "verdict", re.findall(r"[a-z]+\.[a-z_]+(?=[,.\s])", doc.split("Codes:")[1])
    yield "pile", PILES
    yield "state.print", PRINT_TONES
    yield "state.waybill", WAYBILL_TONES
    yield "printer", TONES
    yield "printers.kind", KINDS
    yield "printers.field", [field.key for field in FIELDS]
    for field in FIELDS:
        yield f"printers.field.{field.key}", field.choices
    yield "page", PAGES
    payments = (ROOT / "core" / "payments").rglob("*.py")
    yield "payments.fault", {one for path in payments for one in FAULT.findall(path.read_text(encoding="utf-8"))}
    yield "drill.figure", ("mode", "stock", "demand", *DRILL_FIGURES)
    yield "drill.mode", Mode
    yield "drill.line", Line
    yield "drill.write", WriteKind
    yield "reason.hold", commands.REASONS
    yield "reason.label", commands.LABEL_REASONS
    yield "reason.unmask", UNMASK_REASONS
    yield "reason.export", EXPORT_REASONS
    yield "role", Role
    yield "right", Right
    yield "log.kind", LOG_KINDS
    yield "journal", [action for actions in LOG_KINDS.values() for action in actions]
    yield "people.form.title", Form
    yield "people.saved", Form
    yield "signin.way", ("badge", "pin")
    yield "signin", ("out", "idle")
    yield "setting", [setting.name for setting in SETTINGS]
    yield "setting.group", [setting.group for setting in SETTINGS]
    for setting in SETTINGS:
        yield f"setting.{setting.name}", setting.choices
    yield "state.fulfilment", ("to_review", "to_pack", "packing", "packed", "shipped", "completed", "cancelled")
    yield "state.payment", ("unpaid", "paid", "partly_refunded", "refunded")
    yield "state.reservation", ("reserved", "confirmed", "consumed", "released", "expired", "short", "none")
    yield "state.parcel", ("to_pack", "packing", "packed", "shipped", "cancelled")
    yield "strip.shop", ("good", "notice", "stop", "off")
    yield "files.field", [field.name for fields in FILE_FIELDS.values() for field in fields]
    yield "files.kind", FILE_KINDS
    yield "files.preset", ["by_hand", *(preset.id for preset in PRESETS)]
    yield "files.platform", [platform or "other" for platform in PLATFORMS]
    yield "files.reason", _refusals()
    yield "reason.export", EXPORT_REASONS
    yield "sound", ("unit", "line", "complete", "shipped", "wrong")


def test_every_value_has_a_word():
    known = load_catalogue("zh_CN")
    missing = {f"{family}.{value}" for family, values in families() for value in values} - known.keys()
    assert missing == set()
    assert {code for _, code in KEYS} <= known.keys()
    assert {code for _, code, _ in commands.sheet_codes()} <= known.keys()


def test_icons_named_in_the_sources_are_there():
    names = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "icon" and isinstance(node.value, ast.Constant):
                names.add(node.value.value)
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "IconLabel":
                names |= {argument.value for argument in node.args if isinstance(argument, ast.Constant)} - {
                    14,
                    18,
                    20,
                }
    names = {name for name in names if isinstance(name, str) and name} - {"secondary", "accent", "text"}
    assert len(names) > 8
    assert [name for name in names if not icon_file(name).is_file()] == []


def test_missing_facts_never_break_a_sentence():
    texts = Texts("en")
    assert texts.t("packing.scan_goods") == "Scan the goods: — to go"
    assert texts.t("no.such.code") == "no.such.code"
    assert texts.say(Phrase("error.wire.new", otherwise="words of the world {x}")) == "words of the world {x}"
    assert texts.say_if_known(Phrase("verdict.item.wrong.more", {"name": "milk"})) == ""


def test_braces_in_foreign_text_stay_text():
    said = Texts("en").t("packing.buyer_note", note="{0} {note} {__class__}")
    assert said == "Buyer: {0} {note} {__class__}"


def test_settings_survive_and_nonsense_is_the_default(tmp_path):
    values = DeskSettings(tmp_path)
    values.put("clerk", "小李")
    values.put("scanner_gap_ms", 35)
    again = DeskSettings(tmp_path)
    assert (again.text("clerk"), again.number("scanner_gap_ms")) == ("小李", 35)
    (tmp_path / "desk.json").write_text('{"clerk": 7, "scanner_gap_ms": 9999, "sound": "yes", "later": 1}')
    odd = DeskSettings(tmp_path)
    assert (odd.text("clerk"), odd.number("scanner_gap_ms"), odd.flag("sound")) == ("", 50, True)
    odd.put("clerk", "x")
    assert json.loads((tmp_path / "desk.json").read_text())["later"] == 1, "settings of a newer version are kept"
    (tmp_path / "desk.json").write_text("{broken")
    assert DeskSettings(tmp_path).text("language") == "zh_CN"


@pytest.mark.parametrize(("name", "value"), [("theme", "pink"), ("volume", 101), ("volume", True), ("sound", 1)])
def test_a_value_outside_the_declaration_is_refused(name, value):
    values = DeskSettings(None)
    before = values.value(name)
    with pytest.raises(ValueError, match=name):
        values.put(name, value)
    assert values.value(name) == before


def test_every_step_of_an_orders_life_has_words_in_the_time_line():
    """Core journals `order.<event>` and `order.<state>`: both stand in the drawer's time line."""
    events = ("release", "recall", "open", "leave", "pack", "unpack", "ship", "cancel", "complete")
    states = ("to_review", "to_pack", "packing", "packed", "shipped", "completed", "cancelled")
    known = load_catalogue("zh_CN")
    assert {f"journal.order.{name}" for name in (*events, *states)} <= known.keys()


def test_every_expected_error_of_core_has_words():
    """A code is the first word of every `DomainError` that core raises; without words the clerk reads English."""
    raised = re.compile(r'(?:Refused|Unavailable|NotFound)\(\s*"([a-z_.]+)"')
    codes = {code for file in (ROOT / "core").rglob("*.py") for code in raised.findall(file.read_text("utf-8"))}
    assert len(codes) > 60
    assert sorted(code for code in codes if f"error.{code}" not in load_catalogue("zh_CN")) == []


def test_every_code_of_a_wire_has_words():
    """A lane says why it waits by such a code; without words the clerk reads the code."""
    raised = re.compile(r'"(wire\.[a-z_]+)"')
    codes = {code for file in (ROOT / "printing").rglob("*.py") for code in raised.findall(file.read_text("utf-8"))}
    assert len(codes) > 20
    assert sorted(code for code in codes if f"error.{code}" not in load_catalogue("zh_CN")) == []


def test_the_form_has_every_setting_of_a_printer():
    """What is not in the list of fields can be set by nobody."""
    entered_elsewhere = {"key", "name", "address"}
    assert DEFAULTS.keys() - entered_elsewhere == {field.key for field in FIELDS}


def test_every_journal_action_and_hold_reason_has_words():
    acted = re.compile(r'uow\.record\(\s*"([a-z_.]+)"')
    actions = {one for file in (ROOT / "core").rglob("*.py") for one in acted.findall(file.read_text("utf-8"))}
    words = load_catalogue("zh_CN")
    assert sorted(action for action in actions if f"journal.{action}" not in words) == []
    assert [reason for reason in REASONS if f"reason.hold.{reason}" not in words] == []
