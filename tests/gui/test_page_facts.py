"""What the shell knows of each page is known of all of them, and is what the page does."""

import ast
from pathlib import Path

import desktop.pages
from desktop.shell.door import PAGE_RIGHTS
from desktop.shell.page_facts import PAGE_FACTS, Codes
from desktop.shell.rail import INSIDE, PAGES

FOLDER = Path(desktop.pages.__file__).parent


def _does_something(page: str) -> bool:
    """Whether the page has a use for a code: its `handle_scan` is more than a sentence."""
    source = (FOLDER / page / "page.py").read_text(encoding="utf-8")
    found = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name == "handle_scan"
    ]
    assert len(found) == 1, page
    return len(found[0].body) > 1


def test_every_page_is_in_the_tables_of_the_shell():
    assert PAGE_FACTS.keys() == {*PAGES, *INSIDE}
    assert PAGE_RIGHTS.keys() == PAGE_FACTS.keys()


def test_a_page_with_a_use_for_codes_gets_them():
    """Else the scan leads away to the packing desk, and what the page would have done with it is never seen."""
    takes = {page for page, facts in PAGE_FACTS.items() if facts.codes is not Codes.TO_DESK}
    uses = {page for page in PAGE_FACTS if page != "packing" and _does_something(page)}
    assert takes - {"welcome"} == uses - {"welcome"}
    assert {"recall", "payments", "stock", "stocktake"} <= takes
