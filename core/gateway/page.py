"""The page for developers: the contract in one piece of HTML, without scripts, without anything from elsewhere."""

import base64
import hashlib
import json
from functools import cache
from html import escape
from typing import Any, Final

from core.gateway.contract import OPERATIONS, Operation, problems_of
from core.gateway.openapi import document
from core.gateway.problems import KINDS

_STYLE: Final = (
    "body{font:15px/1.6 'Noto Sans SC','Microsoft YaHei',sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;"
    "color:#1b1f24}h2{margin-top:2.5rem;border-bottom:1px solid #e3e6ea}code,pre{font:13px/1.5 Consolas,monospace;"
    "background:#f6f7f9;border-radius:4px}code{padding:.1rem .3rem}pre{padding:.7rem;overflow:auto}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;"
    "border-bottom:1px solid #e3e6ea}.m{color:#1663d6;font-weight:600}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

PAGE_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
}


@cache
def page_html() -> str:
    """The page."""
    info = document()["info"]
    parts = [f"<h1>{escape(info['title'])}</h1><p>{escape(info['description'])}</p>"]
    parts.append("<p>Machine-readable: <a href='/openapi.json'>/openapi.json</a>. Times are ISO 8601 with an offset,")
    parts.append("money is whole fen, quantities are whole numbers from 1.</p>")
    parts += [_operation(one) for one in OPERATIONS]
    parts.append("<h2>Problems</h2><table><tr><th>status</th><th>code</th><th>again?</th><th>meaning</th></tr>")
    for code, kind in sorted(KINDS.items(), key=lambda pair: (pair[1].status, pair[0])):
        again = "yes" if kind.is_retryable else ""
        parts.append(f"<tr><td>{kind.status}</td><td><code>{code}</code></td><td>{again}</td>")
        parts.append(f"<td>{escape(kind.text)}</td></tr>")
    parts.append("</table>")
    title = escape(info["title"])
    head = f"<meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>{title}</title>"
    body = "".join(parts)
    return f"<!doctype html><html lang='en'><head>{head}<style>{_STYLE}</style></head><body>{body}</body></html>"


def _operation(one: Operation) -> str:
    path = one.path
    for word in one.words:
        path = path.replace("{}", f"{{{word}}}", 1)
    text = f"<h2><span class='m'>{one.method}</span> <code>{escape(path)}</code></h2><p>{escape(one.text)}</p>"
    if one.key:
        text += f"<p><code>Idempotency-Key</code> {one.key} be sent.</p>"
    if one.parameters:
        rows = "".join(
            f"<tr><td><code>{each.name}</code></td><td>{escape(each.text)}</td></tr>" for each in one.parameters
        )
        text += f"<table>{rows}</table>"
    if one.example:
        text += f"<pre>{escape(json.dumps(dict(one.example), ensure_ascii=False, indent=2))}</pre>"
    if one.body is not None:
        text += _fields(dict(one.body))
    codes = ", ".join(f"<code>{code}</code>" for code in problems_of(one))
    return f"{text}<p>May answer: {', '.join(map(str, one.answers))}; {codes}</p>"


def _fields(schema: dict[str, Any]) -> str:
    must = set(schema.get("required", ()))
    rows = [
        f"<tr><td><code>{name}</code></td><td>{'must' if name in must else 'may'}</td><td>{_kind(inner)}</td></tr>"
        for name, inner in schema.get("properties", {}).items()
    ]
    return f"<table>{''.join(rows)}</table>"


def _kind(schema: dict[str, Any]) -> str:
    said = [str(schema["type"])]
    said += [f"{word} {schema[word]}" for word in ("minimum", "maximum", "maxLength", "maxItems") if word in schema]
    if "enum" in schema:
        said.append(" | ".join(map(str, schema["enum"])))
    if "items" in schema and "properties" in schema["items"]:
        said.append(f"of {{{', '.join(schema['items']['properties'])}}}")
    if "description" in schema:
        said.append(str(schema["description"]))
    return escape("; ".join(said))
