"""A component's messages as text: pure functions, no wire.

Every request is `{"cmd", "requestID", "version"}` and its body; every answer has the same `cmd` and `requestID`.
Results of a task come unasked and carry its `taskID`, which newer versions spell `taskId`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from printing.components.content import Document
from printing.components.contract import ComponentPrinter, Task
from printing.components.dialects import Dialect

VERSION = "1.0"
GET_PRINTERS = "getPrinters"
PRINT = "print"

_MAX_MESSAGE_CHARS = 120
_TEMPLATE_KEYS = ("templateURL", "templateUrl")
#: numbers as long as a phone's tail, whatever stands between their digits
_LONG_NUMBER = re.compile(r"\d(?:[\s-]?\d){3,}")


@dataclass(frozen=True, slots=True)
class Message:
    """What a component said; empty where it said nothing of the kind.

    Attributes:
        command: as sent, such as `print`.
        status: `success` or `failed`, in replies.
        task_status: `rendered`, `printed`, `failed`, `canceled`, in results.
        code: of one document; anything but 0 is a failure.
        text: the component's own words, which may quote what it prints.
        printers: in the reply to `getPrinters`.
    """

    command: str
    request_id: str = ""
    task_id: str = ""
    status: str = ""
    task_status: str = ""
    code: str = ""
    text: str = ""
    printers: Sequence[ComponentPrinter] = ()


def request(command: str, request_id: str, body: Mapping[str, object] | None = None) -> str:
    """A request as text."""
    return json.dumps(
        {"cmd": command, "requestID": request_id, "version": VERSION, **(body or {})}, ensure_ascii=True
    )


def print_request(dialect: Dialect, request_id: str, task: Task) -> str:
    """The request that prints `task`."""
    documents = [_document(dialect, document) for document in task.documents]
    body = {"taskID": task.task_id, "preview": False, "printer": task.printer, "documents": documents}
    return request(PRINT, request_id, {"task": body})


def _document(dialect: Dialect, document: Document) -> Mapping[str, object]:
    contents = [_renamed(dialect, one) for one in document.contents]
    area = document.custom_area
    if area is not None:
        contents.append({dialect.custom_template_key: area.template_url, "data": dict(area.data)})
    return {"documentID": document.document_id, "contents": contents}


def _renamed(dialect: Dialect, print_data: Mapping[str, object]) -> dict[str, object]:
    return {dialect.template_key if key in _TEMPLATE_KEYS else key: value for key, value in print_data.items()}


def read(text: str) -> Message | None:
    """What a component's text says; None where it is no message at all. Any text is taken."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict) or not isinstance(raw.get("cmd"), str):
        return None
    return Message(
        command=raw["cmd"],
        request_id=_word(raw, "requestID"),
        task_id=_word(raw, "taskID") or _word(raw, "taskId"),
        status=_word(raw, "status"),
        task_status=_word(raw, "taskStatus"),
        code=_word(raw, "code"),
        text=_own_words(raw),
        printers=tuple(_printers(raw.get("printers"))),
    )


def _word(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _own_words(raw: Mapping[str, Any]) -> str:
    of_documents = raw.get("printStatus")
    inner = [one for one in of_documents if isinstance(one, dict)] if isinstance(of_documents, list) else []
    words = (_word(one, key) for one in (raw, *inner) for key in ("msg", "detail"))
    return next((word for word in words if word), "")


def _printers(raw: object) -> Iterator[ComponentPrinter]:
    for one in raw if isinstance(raw, list) else ():
        if isinstance(one, str) and one:
            yield ComponentPrinter(one)
        elif isinstance(one, dict) and _word(one, "name"):
            yield ComponentPrinter(_word(one, "name"), _word(one, "status").lower() != "disable")


def clean_words(text: str, documents: Sequence[Document]) -> str:
    """A component's words without what they may quote: numbers, and every text of what it was given to print."""
    words = "".join(char if char.isprintable() else " " for char in text)
    for quoted in sorted(set(_texts_of(documents)), key=len, reverse=True):
        words = words.replace(quoted, "…")
    return _LONG_NUMBER.sub("…", words)[:_MAX_MESSAGE_CHARS].strip()


def _texts_of(documents: Sequence[Document]) -> Iterator[str]:
    waiting: list[object] = [part for document in documents for part in document.contents]
    waiting += [dict(document.custom_area.data) for document in documents if document.custom_area]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, list | tuple):
            waiting += value
        elif isinstance(value, str) and len(value) > 1:
            yield value
