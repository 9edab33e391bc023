"""From a document as it is read back to what is written: its head and lines with one change in them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.inventory.documents.records import DocumentDetail, Head, LineIn, LineRow
from desktop.pages.documents.words import counts_done


def head_of(detail: DocumentDetail) -> Head:
    """What stands above the lines."""
    row = detail.row
    return Head(
        detail.warehouse_id,
        detail.to_warehouse_id,
        row.supplier,
        row.reference,
        row.reason,
        row.note,
        row.expected_day,
        detail.order_id,
    )


def line_in(line: LineRow) -> LineIn:
    """A line as it is written."""
    return LineIn(
        line.sku_id,
        line.qty,
        line.batch,
        line.made_day,
        line.expires_day,
        line.unit_cost_fen,
        line.bin,
        line.done_qty,
        line.source_line_id,
        line.id,
    )


def with_line(detail: DocumentDetail, line_id: int, changes: Mapping[str, Any]) -> list[LineIn] | None:
    """All lines with these changes in one; `qty` None takes it out. None: there is nothing to change."""
    lines: list[LineIn] = []
    is_changed = False
    for line in detail.lines:
        own = line_in(line)
        if line.id != line_id:
            lines.append(own)
            continue
        wanted = dict(changes)
        if "qty" in wanted and counts_done(detail.row.kind):
            wanted["done_qty"] = wanted.pop("qty")
        if wanted.get("qty", 0) is None or wanted.get("done_qty", 0) is None:
            is_changed = True
            continue
        changed = replace(own, **wanted)
        is_changed = is_changed or changed != own
        lines.append(changed)
    return lines if is_changed else None
