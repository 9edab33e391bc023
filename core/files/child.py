"""The process that looks into a foreign file: it has little memory and time, and nothing to steal.

It gets the bytes on its standard input and answers with lines of JSON: `{"rows": [[row number, cells], ...],
"of": n}` for each piece, then `{"end": {"written": ISO}}`; or `{"refused": [code, sentence, facts]}`.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from core.files import guards, sheets
from core.runtime.errors import DomainError, Refused

MOST_MEMORY = 1024 * 1024 * 1024
MOST_CPU_S = 30
_PIECE = 2000


def main() -> None:
    """Read, look, answer."""
    _bind_limits()
    data = sys.stdin.buffer.read(guards.MOST_BYTES + 1)
    try:
        _answer(data)
    except DomainError as error:
        _say({"refused": [error.code, str(error), dict(error.facts)]})
    except BaseException:  # noqa: BLE001 - a reader that panics is a damaged file to whoever asked
        refused = Refused("files.damaged", "the file is damaged")
        _say({"refused": [refused.code, str(refused), {}]})


def _answer(data: bytes) -> None:
    written = ""
    if guards.kind_of(data) == "xlsx":
        written = guards.check_workbook(data)
        rows: list[Any] = sheets.workbook_rows(data)
    else:
        rows = sheets.text_rows(data)
    numbered = [(number, row) for number, row in enumerate(rows, 1) if not sheets.is_blank(row)]
    for start in range(0, len(numbered), _PIECE):
        _say({"rows": numbered[start : start + _PIECE], "of": len(numbered)})
    _say({"end": {"written": written}})


def _say(answer: Mapping[str, object]) -> None:
    # A line ends with the byte 10 and no JSON text holds one, so that Chinese may stand in it as it is.
    line = json.dumps(answer, ensure_ascii=False, separators=(",", ":"), default=sheets.plain)
    sys.stdout.buffer.write(line.encode() + b"\n")
    sys.stdout.buffer.flush()


def _bind_limits() -> None:
    """No more memory and time than the largest honest file needs; Windows has the parent's clock alone."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
