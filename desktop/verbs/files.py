"""`packdesk import` and `packdesk export`: tables in and out without a window."""

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from core.access.records import EXPORT_REASONS
from core.app import Core, build
from core.desk.files import PLATFORMS, Files, FileShop, Plan, Read
from core.files.mapping import PRESETS, Mapped
from core.files.progress import Progress
from core.files.records import Exported, Rejected
from core.reports.day import day_begins
from core.runtime.errors import Refused
from desktop.composition import core_config
from desktop.options import Options, add_options, options_of
from desktop.verbs.answer import OK, REFUSED, guarded, tell, warn

_SHOWN = 20


def run_import(argv: Sequence[str]) -> int:
    """Take tables in; 1 where rows were refused."""
    parser = argparse.ArgumentParser(
        prog="packdesk import",
        description="Take orders, goods, opening counts or customers out of a .xlsx or .csv file. Taobao's list of"
        " orders and its list of goods are named together.",
    )
    add_options(parser)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--shop", metavar="NAME", help="whose orders these are; needed for orders")
    parser.add_argument(
        "--add-shop",
        choices=[platform or "other" for platform in PLATFORMS],
        metavar="PLATFORM",
        help="add the shop if it is not there: taobao, pdd, jd, douyin or other",
    )
    parser.add_argument(
        "--preset",
        choices=[preset.id for preset in PRESETS],
        metavar="P",
        help=f"what the file is, where it is not recognised: {', '.join(preset.id for preset in PRESETS)}",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
    parser.add_argument("--rejected", type=Path, metavar="FILE", help="write refused rows here, with their reasons")
    parser.add_argument("--reason", choices=EXPORT_REASONS, help="why refused rows are written into a file")
    wish = parser.parse_args(argv)
    options = options_of(wish)
    return guarded(options, lambda: _import(options, wish))


def _import(options: Options, wish: argparse.Namespace) -> int:
    core = build(core_config(options))
    try:
        files = core.files
        chosen = [(read, _choice(read, wish.preset)) for read in files.read(wish.files)]
        holds_orders = any(mapped.preset.kind.startswith("order") for _, mapped in chosen)
        shop = _shop_of(files, wish, holds_orders=holds_orders)
        plan = files.plan(chosen, shop.id if shop is not None else None)
        counts, rejected, is_whole = plan.counts, plan.rejected, True
        if not wish.dry_run:
            done, rejected = files.run(plan, Progress())
            counts, is_whole = done.counts, done.is_whole
        if wish.rejected is not None and rejected:
            files.save_rejected(plan, rejected, wish.rejected.expanduser().absolute(), wish.reason or "")
    finally:
        core.stop()
    _report(options, plan, rejected)
    facts = {
        "kind": plan.kind,
        "tables": [mapped.preset.id for _, mapped in chosen],
        "dry_run": wish.dry_run,
        "whole": is_whole,
        "new": counts.new,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "older": counts.older,
        "masked": counts.masked,
        "waiting": counts.waiting,
        "rejected": counts.rejected,
        "rows": [[one.file, one.row, one.column, one.reason, one.shown] for one in rejected[:_SHOWN]],
    }
    word = "would be" if wish.dry_run else "were"
    tell(
        options,
        facts,
        f"{plan.kind}: {counts.new} {word} new, {counts.changed} changed, {counts.unchanged} as before,"
        f" {counts.older} older than what is known, {counts.rejected} rows refused",
    )
    return REFUSED if counts.rejected else OK


def _choice(read: Read, preset: str | None) -> Mapped:
    wanted = [mapped for mapped in read.choices if preset in (None, mapped.preset.id)]
    if wanted:
        return wanted[0]
    if preset is not None:
        raise Refused("files.preset_unknown", f"{read.table.name} is no {preset}", preset=preset)
    raise Refused("files.not_recognised", f"nobody knows the columns of {read.table.name}; assign them in the window")


def _shop_of(files: Files, wish: argparse.Namespace, *, holds_orders: bool) -> FileShop | None:
    known = {shop.name: shop for shop in files.shops()}
    if wish.shop is None or not holds_orders:
        if holds_orders and not wish.dry_run:
            raise Refused("files.no_shop", "name the shop these orders belong to with --shop")
        return None
    if wish.shop in known:
        return known[wish.shop]
    if wish.add_shop is None:
        raise Refused(
            "files.no_shop", f"there is no shop of files named {wish.shop}; add it with --add-shop PLATFORM"
        )
    if wish.dry_run:
        return None
    return files.add_shop(wish.shop, "" if wish.add_shop == "other" else wish.add_shop)


def _report(options: Options, plan: Plan, rejected: Sequence[Rejected]) -> None:
    if options.is_json:
        return
    for one in rejected[:_SHOWN]:
        warn(f"{one.file}, row {one.row}, {one.column}: {one.reason} {one.shown}".rstrip())
    if len(rejected) > _SHOWN:
        warn(f"... and {len(rejected) - _SHOWN} more; --rejected FILE writes them all")
    if plan.counts.masked:
        warn(f"{plan.counts.masked} receivers are masked by the platform: no label can be made for them")


def run_export(argv: Sequence[str]) -> int:
    """Write a table."""
    parser = argparse.ArgumentParser(prog="packdesk export", description="Write records into a .xlsx or .csv file.")
    add_options(parser)
    parser.add_argument("what", choices=("orders", "stock", "day", "report", "shipping"))
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--shop", metavar="NAME", help="whose orders or shipped parcels; needed for shipping")
    parser.add_argument("--reason", choices=EXPORT_REASONS, help="why receivers leave in a file; needed for orders")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DAY", help="report: 2026-11-01")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="DAY", help="report: the last day")
    parser.add_argument("--again", action="store_true", help="shipping: also parcels that stand in an earlier table")
    wish = parser.parse_args(argv)
    options = options_of(wish)

    def act() -> int:
        core = build(core_config(options))
        try:
            done = _export(core, wish)
        finally:
            core.stop()
        facts = {"file": done.path, "rows": done.rows, "sha256": done.digest}
        tell(options, facts, f"{done.path}: {done.rows} rows written")
        return OK

    return guarded(options, act)


def _export(core: Core, wish: argparse.Namespace) -> Exported:
    path = wish.file.expanduser().absolute()
    if wish.what == "stock":
        return core.files.export_stock(path)
    if wish.what == "day":
        return core.files.export_day(path)
    if wish.what == "report":
        today = day_begins(core.config.clock.now()).date()
        return core.files.export_report(path, wish.first or wish.last or today, wish.last or today)
    shops = {shop.name: shop.id for shop in core.files.shops()}
    if wish.shop is not None and wish.shop not in shops:
        raise Refused("files.no_shop", f"there is no shop of files named {wish.shop}")
    if wish.what == "orders":
        return core.files.export_orders(path, shops.get(wish.shop), wish.reason or "")
    if wish.shop is None:
        raise Refused("files.no_shop", "name the shop whose parcels are told with --shop")
    return core.files.export_shipping(path, shops[wish.shop], again=wish.again)
