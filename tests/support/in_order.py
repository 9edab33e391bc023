"""Rows in the order of their making, where a test asks for none."""

from typing import Any

from sqlalchemy import Column, Select


def in_order(query: Select[Any]) -> Select[Any]:
    """The query, ordered by its first column's table's key; unchanged where it has an order, groups, or sums up."""
    columns = list(query.selected_columns)
    is_plain = all(isinstance(column, Column) for column in columns)
    if query._order_by_clauses or query._group_by_clauses or query._distinct or not is_plain:
        return query
    return query.order_by(*columns[0].table.primary_key.columns)
