"""What a component is given to print: versioned frozen content, read strictly from JSON.

`docs/component-content.schema.json` describes the same. The platform's print data is handed over untouched: it is
cipher text for the component alone, and nothing here looks into it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from printing.components.dialects import DIALECTS
from printing.errors import LabelContentError

SCHEMA_VERSION = 1

MAX_DOCUMENTS = 10
MAX_CONTENTS = 4
MAX_TEXT_CHARS = 4_000
#: of one task as JSON; a component that gets more is not asked to decide
MAX_BYTES = 512_000

#: the key in a custom area's data that carries 补打 n, empty on the first copy
REPRINT_FIELD = "reprint"


@dataclass(frozen=True, slots=True)
class CustomArea:
    """The merchant's own zone of a label (自定义区).

    Attributes:
        template_url: the merchant's template at the platform.
        data: texts by the keys of that template.
    """

    template_url: str
    data: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Document:
    """One page.

    Attributes:
        document_id: the waybill number.
        contents: the platform's print data, untouched: `encryptedData` or `data`, `signature`, template, `ver`.
        custom_area: None where the merchant has no template for one.
    """

    document_id: str
    contents: tuple[Mapping[str, object], ...] = field(repr=False)
    custom_area: CustomArea | None


@dataclass(frozen=True, slots=True)
class ComponentContent:
    """What one job prints through the component of `dialect`."""

    dialect: str
    documents: tuple[Document, ...]

    def stamped(self, copy_no: int) -> "ComponentContent":
        """The same with 补打 n in each custom area; the platform's part of a label cannot be marked."""
        text = f"补打 {copy_no}" if copy_no else ""
        return replace(self, documents=tuple(_stamped(document, text) for document in self.documents))


def _stamped(document: Document, text: str) -> Document:
    area = document.custom_area
    if area is None:
        return document
    return replace(document, custom_area=replace(area, data={**area.data, REPRINT_FIELD: text}))


def content_from_mapping(raw: object) -> ComponentContent:
    """Component content from a decoded JSON object.

    Raises:
        LabelContentError: `component.content_bad`, facts hold the `path`; nothing of the values.
    """
    fields = _record(raw, "", ("schema", "dialect", "documents"))
    if fields["schema"] != SCHEMA_VERSION or isinstance(fields["schema"], bool):
        raise _bad("schema", f"must be {SCHEMA_VERSION}")
    dialect = _text(fields["dialect"], "dialect")
    if dialect not in DIALECTS:
        raise _bad("dialect", f"must be one of {', '.join(DIALECTS)}")
    documents = _list(fields["documents"], "documents", MAX_DOCUMENTS)
    content = ComponentContent(
        dialect, tuple(_document(one, f"documents[{index}]") for index, one in enumerate(documents))
    )
    if len(json.dumps(raw, ensure_ascii=False).encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _bad("documents", f"are more than {MAX_BYTES} bytes")
    return content


def _document(raw: object, path: str) -> Document:
    fields = _record(raw, path, ("document_id", "contents", "custom_area"))
    contents = _list(fields["contents"], f"{path}.contents", MAX_CONTENTS)
    area = fields["custom_area"]
    return Document(
        document_id=_text(fields["document_id"], f"{path}.document_id"),
        contents=tuple(_print_data(one, f"{path}.contents[{index}]") for index, one in enumerate(contents)),
        custom_area=None if area is None else _area(area, f"{path}.custom_area"),
    )


def _print_data(raw: object, path: str) -> Mapping[str, object]:
    if not isinstance(raw, Mapping) or not ({"encryptedData", "data"} & raw.keys()):
        raise _bad(path, "must hold the platform's print data")
    try:
        json.dumps(raw)
    except (TypeError, ValueError, RecursionError):
        raise _bad(path, "is not JSON") from None
    return raw


def _area(raw: object, path: str) -> CustomArea:
    fields = _record(raw, path, ("template_url", "data"))
    data = fields["data"]
    if not isinstance(data, Mapping):
        raise _bad(f"{path}.data", "must be an object")
    texts = {str(name)[:60]: _text(value, f"{path}.data", shortest=0) for name, value in data.items()}
    return CustomArea(_text(fields["template_url"], f"{path}.template_url"), texts)


def _record(raw: object, path: str, names: tuple[str, ...]) -> Mapping[str, object]:
    if not isinstance(raw, Mapping) or set(raw) != set(names):
        raise _bad(path or "content", f"must have exactly the fields {', '.join(names)}")
    return raw


def _list(raw: object, path: str, longest: int) -> list[object] | tuple[object, ...]:
    if not isinstance(raw, list | tuple) or not 1 <= len(raw) <= longest:
        raise _bad(path, f"must be a list of 1 to {longest}")
    return raw


def _text(value: object, path: str, shortest: int = 1) -> str:
    if not isinstance(value, str) or not shortest <= len(value) <= MAX_TEXT_CHARS:
        raise _bad(path, f"must be text of {shortest} to {MAX_TEXT_CHARS} characters")
    return value


def _bad(path: str, problem: str) -> LabelContentError:
    return LabelContentError("component.content_bad", f"{path} {problem}", path=path)
