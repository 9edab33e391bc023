"""Finds widgets that would read foreign text as rich text.

Qt guesses: a label, message box or tool tip whose text looks like HTML is shown as HTML. A buyer's note could so
draw tables over a screen or load pictures. Only `desktop.widgets` makes such widgets, with the guess switched off;
every other module of desktop asks there.
"""

import ast
from dataclasses import dataclass

#: guess in their constructor or in setText
GUESSING_CLASSES = frozenset(
    {
        "QLabel",
        "QMessageBox",
        "QErrorMessage",
        "QToolTip",
        "QWhatsThis",
        "QTextBrowser",
        "QTextEdit",
        "QProgressDialog",
        "QInputDialog",
    }
)
#: guess, or take HTML, whoever the receiver is
GUESSING_METHODS = frozenset(
    {"setToolTip", "setWhatsThis", "setHtml", "insertHtml", "appendHtml", "setInformativeText", "setSubTitle"}
)
#: switch the guess on, or hand text to a view that guesses
GUESSING_NAMES = frozenset({"AutoText", "RichText", "MarkdownText", "ToolTipRole", "WhatsThisRole"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where foreign text could be read as rich text."""

    line: int
    name: str


def guessed_texts(source: str) -> list[Finding]:
    """Return every use of a guessing class, method or name in a module's source, also under another name.

    Importing and annotating is allowed; calling, subclassing and using a class method is not.
    """
    tree = ast.parse(source)
    aliases = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in GUESSING_CLASSES
    }
    found = {
        Finding(node.lineno, name)
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt | ast.expr)
        for name in _used(node, aliases)
    }
    return sorted(found, key=lambda finding: (finding.line, finding.name))


def _used(node: ast.stmt | ast.expr, aliases: dict[str, str]) -> list[str]:
    if isinstance(node, ast.Call):
        names = [_class(node.func, aliases)]
        if isinstance(node.func, ast.Attribute):
            names += [_class(node.func.value, aliases), node.func.attr if node.func.attr in GUESSING_METHODS else ""]
        # A class that is handed on is called by whoever gets it.
        names += [_class(argument, aliases) for argument in node.args]
    elif isinstance(node, ast.ClassDef):
        names = [_class(base, aliases) for base in node.bases]
    elif isinstance(node, ast.Assign):
        names = [_class(node.value, aliases)]
    elif isinstance(node, ast.Attribute) and node.attr in GUESSING_NAMES:
        names = [node.attr]
    else:
        names = []
    return [name for name in names if name]


def _class(node: ast.AST, aliases: dict[str, str]) -> str:
    """Return the guessing class that this expression names, or nothing."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id, "")
    if isinstance(node, ast.Attribute) and node.attr in GUESSING_CLASSES:
        return node.attr
    return ""
