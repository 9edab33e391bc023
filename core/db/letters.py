"""Looking for a piece of text inside another, the same on both engines: Latin letters count without their case."""

from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, Text, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

#: what people and tables put between letters: a space, a wide one, a tab
_SPACES = " \u3000\t"


class place_in(GenericFunction[int]):  # noqa: N801 - a function in SQL is named in lower case
    """Where the second text begins in the first, 0 where it does not; no character in it has a meaning of its own."""

    inherit_cache = True


@compiles(place_in, "sqlite")
def _on_sqlite(element: place_in, compiler: SQLCompiler, **kw: Any) -> str:
    whole, piece = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"instr(lower({whole}), {piece})"


@compiles(place_in, "postgresql")
def _on_postgresql(element: place_in, compiler: SQLCompiler, **kw: Any) -> str:
    whole, piece = (compiler.process(clause, **kw) for clause in element.clauses)
    # Else the server's language would fold letters that SQLite leaves alone.
    return f'strpos(lower(({whole}) COLLATE "C"), {piece})'


class folded(GenericFunction[str]):  # noqa: N801 - as above
    """A text without spaces and with small letters from A to Z, as `fold` has it."""

    type = Text()
    inherit_cache = True


@compiles(folded, "sqlite")
def _folded_on_sqlite(element: folded, compiler: SQLCompiler, **kw: Any) -> str:
    return folded_text(compiler.process(element.clauses, **kw), "sqlite")


@compiles(folded, "postgresql")
def _folded_on_postgresql(element: folded, compiler: SQLCompiler, **kw: Any) -> str:
    return folded_text(compiler.process(element.clauses, **kw), "postgresql")


def folded_text(text: str, dialect: str) -> str:
    """The words of `folded` for an expression, as an index over it needs them."""
    bare = _without_spaces(text)
    return f"lower({bare})" if dialect == "sqlite" else f'lower(({bare}) COLLATE "C")'


def _without_spaces(text: str) -> str:
    for space in _SPACES:
        text = f"replace({text}, '{space}', '')"
    return text


def fold(text: str) -> str:
    """As `func.folded` has it in the database: no spaces, small letters from A to Z."""
    return without_case("".join(ch for ch in text if ch not in _SPACES))


def contains(whole: SQLColumnExpression[str], piece: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """Whether a column holds the piece, which is written as `without_case` gives it."""
    return func.place_in(whole, piece) > 0


def without_case(text: str) -> str:
    """Small letters from A to Z; everything else as it is."""
    return "".join(ch.lower() if ch.isascii() else ch for ch in text)
