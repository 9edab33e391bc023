"""The tables of work by shop and clerk, as the day and the reports show them."""

from collections.abc import Sequence

from core.reports.records import ClerkWork, RangeReport, ShopWork, WorkDay
from desktop.ui import Ui
from desktop.widgets.figures import Figures

_FIGURES = ("taken", "printed", "shipped", "handed_over", "pulled_out")


def shop_figures(ui: Ui, name: str, shops: Sequence[ShopWork], nothing: str = "day.nothing_yet") -> Figures:
    """A line for each shop."""
    rows = [(shop.shop_name, *_figures(shop), str(shop.stuck)) for shop in shops]
    sums = (*_sums(shops), str(sum(shop.stuck for shop in shops)))
    return Figures(ui, name, ("shop", *_FIGURES, "stuck"), rows, sums=sums, nothing=nothing)


def clerk_figures(ui: Ui, name: str, clerks: Sequence[ClerkWork], nothing: str = "day.nothing_yet") -> Figures:
    """A line for each clerk, with their pace."""
    columns = ("packed", "shipped", "handed_over", "pulled_out")
    rows = [
        (one.operator, *(str(getattr(one, name)) for name in columns), str(one.hours), _pace(one)) for one in clerks
    ]
    sums = tuple(str(sum(getattr(one, name) for one in clerks)) for name in columns)
    return Figures(ui, name, ("clerk", *columns, "hours", "per_hour"), rows, sums=sums, nothing=nothing)


def day_figures(ui: Ui, name: str, report: RangeReport) -> Figures:
    """A line for each day, the newest first."""
    rows = [(f"{day.day:%Y-%m-%d}", *_figures(day)) for day in reversed(report.days)]
    return Figures(ui, name, ("day", *_FIGURES), rows, sums=_sums(report.days))


def totals(report: RangeReport) -> list[tuple[str, int]]:
    """The sums of a report, and what stands too long now."""
    sums = [(name, sum(getattr(day, name) for day in report.days)) for name in _FIGURES]
    return [*sums, ("stuck", sum(count for _, count in report.stuck))]


def _figures(work: ShopWork | WorkDay) -> tuple[str, ...]:
    return tuple(str(getattr(work, name)) for name in _FIGURES)


def _sums(works: Sequence[ShopWork] | Sequence[WorkDay]) -> tuple[str, ...]:
    return tuple(str(sum(getattr(work, name) for work in works)) for name in _FIGURES)


def _pace(one: ClerkWork) -> str:
    return f"{one.per_hour:.1f}" if one.hours else "—"
