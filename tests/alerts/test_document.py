"""The document names every rule there is, with what counts where nobody has decided: no more and no less."""

import json
import re

from core.alerting import everything_watched
from core.alerts.rounds import rules_of
from tests.support.repository import ROOT

_ROW = re.compile(r"^\| `(?P<rule>[a-z_.]+)` \| (?P<severity>\w+) \| (?P<limit>[^|]*) \| (?P<what>[^|]+) \|$")


def test_the_document_names_every_rule_as_the_program_has_it(tmp_path):
    text = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    written = [match.groups() for match in map(_ROW.match, text.splitlines()) if match]
    said = json.loads((ROOT / "resources" / "translations" / "en.json").read_text(encoding="utf-8"))
    there = [
        (
            rule.rule,
            rule.severity.value,
            "" if rule.limit is None else f"{rule.limit:g} {rule.unit}",
            said[f"alerts.rule.{rule.rule}"],
        )
        for rule in sorted(rules_of(everything_watched(tmp_path, lambda: None)), key=lambda one: one.rule)
    ]
    assert [(rule, severity, limit.strip(), what) for rule, severity, limit, what in written] == there
