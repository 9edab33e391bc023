"""Files in and out as the desk asks for them: read, look at what would happen, take in; write."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.access.exporting import record_export
from core.access.gate import needs
from core.access.rights import Right
from core.channels.by_hand import FILE
from core.channels.models import Shop
from core.customers.service import Digest
from core.db.models import Journal
from core.db.unit_of_work import Store, UnitOfWork
from core.desk.settings import put_setting
from core.files import exporting, known
from core.files.cells import text_of
from core.files.goods import ItemTable, import_items, items_of, preview_items
from core.files.importing import import_orders, note, preview
from core.files.mapping import Mapped, by_hand, recognise, signature
from core.files.numbers import NumberTable, import_numbers, numbers_of, preview_numbers
from core.files.orders import OrderTable, Source, orders_of
from core.files.progress import Progress
from core.files.reading import read_table
from core.files.records import Counts, Exported, Imported, PastImport, Rejected, Table
from core.files.sample import Sampled, sample_of_items, sample_of_numbers, sample_of_orders
from core.files.writing import Sheet, Staged, content_of, stage
from core.inventory import stock_list
from core.inventory.warehouses import main_warehouse
from core.reports.range import range_report
from core.runtime.collector import unwalked
from core.runtime.errors import Refused
from core.sync.shops import ShopRecord, add_shop, file_shops, is_taken, shop_of

#: platforms a shop of files may belong to; the empty one is any other
PLATFORMS = ("taobao", "pdd", "jd", "douyin", "")
_RECENT = 20


@dataclass(frozen=True, slots=True)
class FileShop:
    """A shop whose orders come in files."""

    id: int
    name: str
    platform: str


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read, with everything it may be, the likeliest first; empty where nobody knows it."""

    table: Table
    choices: Sequence[Mapped]


@dataclass(frozen=True, slots=True)
class Plan:
    """What taking the files in would do, ready to be done; `sample` is how the first rows were understood."""

    kind: str
    counts: Counts
    rejected: Sequence[Rejected]
    sample: Sequence[Sampled]
    shop_id: int | None
    orders: OrderTable | None = field(repr=False)
    items: ItemTable | None = field(repr=False)
    tables: Sequence[Table] = field(repr=False)
    numbers: NumberTable | None = field(default=None, repr=False)


def _right_to_run(plan: Plan, _progress: Progress) -> Right:
    return Right.COUNT_STOCK if plan.kind == "counts" else Right.USE_FILES


class Files:
    """Reading and writing tables. Everything here may take seconds: never call it on the window's thread."""

    def __init__(self, store: Store, digest: Digest, carrier_code: str) -> None:
        self._store = store
        self._digest = digest
        self._carrier_code = carrier_code

    # --- in ---------------------------------------------------------------------------------------------------------

    @needs(Right.USE_FILES)
    def shops(self) -> tuple[FileShop, ...]:
        """Shops whose orders come in files."""
        return tuple(
            FileShop(shop.id, shop.name, str(shop.settings.get("platform", "")))
            for shop in self._store.read(file_shops)
        )

    @needs(Right.USE_FILES)
    def add_shop(self, name: str, platform: str) -> FileShop:
        """Add a shop whose orders come in files.

        Raises:
            Refused: `files.shop_name`, no name or one that another shop bears; `files.platform_unknown`.
        """
        name = name.strip()
        if platform not in PLATFORMS:
            raise Refused("files.platform_unknown", f"there is no platform {platform}", platform=platform)
        return self._store.write(lambda uow: _add_shop(uow, name, platform))

    @needs(Right.USE_FILES)
    def read(self, paths: Sequence[Path], progress: Progress | None = None) -> tuple[Read, ...]:
        """Read files; their columns are known from before, or from the platforms, or not at all.

        Raises:
            NotFound, Refused, Unavailable: as `core.files.reading.read_table`.
        """
        before = self._store.read(known.assigned)
        now = self._store.clock.now()
        found = []
        for path in paths:
            with unwalked():
                table = read_table(path, now, progress)
            choices = list(recognise(table.header))
            given = before.get(signature(table.header))
            if given is not None:
                choices.insert(0, by_hand(given.kind, given.columns, table.header))
            found.append(Read(table, choices))
        return tuple(found)

    @needs(Right.USE_FILES)
    def assign(self, read: Read, name: str, kind: str, columns: Mapping[str, str]) -> Read:
        """Say what the columns of a file mean, now and for every file with the same header.

        Raises:
            Refused: `files.mapping_incomplete`, `files.mapping_unknown`.
        """
        mapped = by_hand(kind, columns, read.table.header)
        given = known.Assigned(name.strip() or read.table.name, kind, dict(columns))
        mark = signature(read.table.header)
        self._store.write(lambda uow: put_setting(uow, known.NAME, known.with_one_more(uow.connection, mark, given)))
        return Read(read.table, (mapped, *read.choices))

    @needs(Right.USE_FILES)
    def plan(self, chosen: Sequence[tuple[Read, Mapped]], shop_id: int | None) -> Plan:
        """What taking these files in would do. `shop_id` None: into a shop that is still to be added.

        A table of waybill numbers needs no shop, unless several have an order of the same number.

        Raises:
            Refused: `files.nothing_chosen`; `files.not_together`; `files.other_platform`, the shop is of another
                platform than the table; and as `core.files.orders.orders_of`.
        """
        if not chosen:
            raise Refused("files.nothing_chosen", "choose a file first")
        kinds = {mapped.preset.kind for _, mapped in chosen}
        tables = [read.table for read, _ in chosen]
        if kinds <= {"orders", "order_heads", "order_lines"}:
            shop = self._shop(shop_id) if shop_id is not None else None
            if shop is not None:
                _expect_own(shop, [mapped for _, mapped in chosen])
            with unwalked():
                orders = orders_of([Source(read.table, mapped) for read, mapped in chosen])
            counts, refused = preview(self._store, shop, orders)
            rejected = [*orders.rejected, *refused]
            return Plan("orders", counts, rejected, sample_of_orders(orders), shop_id, orders, None, tables)
        if len(chosen) > 1:
            raise Refused("files.not_together", "these tables do not belong together")
        if kinds == {"numbers"}:
            numbers = numbers_of(*_only(chosen))
            counts, refused = preview_numbers(self._store, numbers, shop_id)
            return Plan("numbers", counts, refused, sample_of_numbers(numbers), shop_id, None, None, tables, numbers)
        items = items_of(*_only(chosen))
        # Looking makes no warehouse; without one nothing lies anywhere yet.
        warehouse_id = next((place.id for place in self._store.read(stock_list.warehouses)), 0)
        counts = preview_items(self._store, items, warehouse_id, self._digest)
        return Plan(items.kind, counts, items.rejected, sample_of_items(items), None, None, items, tables)

    @needs(Right.USE_FILES)
    @needs(Right.COUNT_STOCK, less=_right_to_run)
    def run(self, plan: Plan, progress: Progress) -> tuple[Imported, Sequence[Rejected]]:
        """Do what was planned; also gives every row that was refused, while it was read or while it was stored.

        Raises:
            Refused: `files.no_shop`, orders need a shop; `right.missing`, counts move stock.
        """
        if plan.orders is not None:
            if plan.shop_id is None:
                raise Refused("files.no_shop", "choose the shop these orders belong to")
            shop = self._shop(plan.shop_id)
            done, refused = import_orders(self._store, shop, plan.orders, self._digest, self._carrier_code, progress)
            return done, [*plan.orders.rejected, *refused]
        if plan.numbers is not None:
            done, refused = import_numbers(self._store, plan.numbers, plan.shop_id, self._carrier_code, progress)
            note(self._store, 0, "numbers", done.counts)
            return done, refused
        if plan.items is None:
            raise Refused("files.nothing_chosen", "choose a file first")
        done, refused = import_items(
            self._store, plan.items, self._warehouse(), self._digest, self._carrier_code, progress
        )
        return done, [*plan.rejected, *refused]

    @needs(Right.USE_FILES)
    def recent(self) -> tuple[PastImport, ...]:
        """The newest imports that changed something, newest first."""
        return self._store.read(_recent)

    # --- out --------------------------------------------------------------------------------------------------------

    @needs(Right.EXPORT_PERSONAL)
    def save_rejected(self, plan: Plan, rejected: Sequence[Rejected], path: Path, reason: str) -> Exported:
        """Write the refused rows as they stood, with the reason beside each.

        Raises:
            Refused, Unavailable: as `export_orders`.
        """
        return self._export(
            path,
            "rejected",
            lambda _connection: _rejected_sheet(plan.tables, rejected),
            reason=reason,
            is_personal=True,
        )

    @needs(Right.EXPORT_PERSONAL)
    def export_orders(self, path: Path, shop_id: int | None, reason: str) -> Exported:
        """Write orders with their receivers; `reason` is one of `core.access.exporting.EXPORT_REASONS`.

        Raises:
            Refused: `export.reason_unknown`; `files.name`, the name ends neither in .xlsx nor in .csv.
            Unavailable: `files.cannot_write`.
        """
        return self._export(
            path,
            "orders",
            lambda connection: exporting.orders_sheet(connection, shop_id),
            reason=reason,
            shop_id=shop_id or 0,
            is_personal=True,
        )

    @needs(Right.SEE_STOCK)
    @needs(Right.USE_FILES)
    def export_stock(self, path: Path) -> Exported:
        """Write what every warehouse has.

        Raises:
            Refused, Unavailable: as `export_orders`.
        """
        return self._export(path, "stock", exporting.stock_sheet, is_personal=False)

    @needs(Right.USE_FILES)
    def export_day(self, path: Path) -> Exported:
        """Write the day so far: its orders by pile, its work by shop and clerk.

        Raises:
            Refused, Unavailable: as `export_orders`.
        """
        now = self._store.clock.now()
        return self._export(path, "day", lambda connection: exporting.day_sheet(connection, now), is_personal=False)

    @needs(Right.USE_FILES)
    def export_report(self, path: Path, first: date, last: date, progress: Progress | None = None) -> Exported:
        """Write the work of several days: by day, shop and clerk.

        Raises:
            Refused: as `core.reports.range.range_report`. Refused, Unavailable: as `export_orders`.
        """
        sheet = exporting.report_sheet(range_report(self._store, first, last, progress))
        return self._export(path, "report", lambda _connection: sheet, is_personal=False)

    @needs(Right.USE_FILES)
    def export_shipping(self, path: Path, shop_id: int, *, again: bool = False) -> Exported:
        """Write the table that tells a platform of shipped parcels, each once; `again` repeats those of 30 days.

        The parcels are noted as told once the file is there: one that was not written is written again next time.

        Raises:
            Refused: `files.nothing_to_ship`, no parcel waits for it; `files.name`.
            Unavailable: `files.cannot_write`.
        """
        self._shop(shop_id)
        now = self._store.clock.now()
        found = self._store.read(lambda connection: exporting.shipments(connection, shop_id, now, again=again))
        if not found.marks:
            raise Refused("files.nothing_to_ship", "no shipped parcel waits for a table")
        done = self._export(path, "shipping", lambda _connection: found.sheet, shop_id=shop_id, is_personal=False)
        self._store.write(lambda uow: exporting.mark_told(uow, found.marks))
        return done

    def _export(
        self,
        path: Path,
        kind: str,
        make: Callable[[Connection], Sheet],
        *,
        reason: str = "",
        shop_id: int = 0,
        is_personal: bool,
    ) -> Exported:
        with unwalked():
            # Within the snapshot: a long table is read while it is written, never held as a whole.
            content = self._store.read(lambda connection: content_of(path, make(connection)))
        staged = stage(path, content)
        try:
            self._store.write(
                lambda uow: record_export(
                    uow,
                    kind,
                    rows=staged.rows,
                    digest=staged.digest,
                    reason=reason,
                    shop_id=shop_id,
                    is_personal=is_personal,
                )
            )
        except BaseException:
            staged.drop()
            raise
        return _published(staged)

    # --- the shop's own things --------------------------------------------------------------------------------------

    def _shop(self, shop_id: int) -> ShopRecord:
        shop = self._store.read(lambda connection: shop_of(connection, shop_id))
        if shop.channel != FILE:
            raise Refused("files.not_a_file_shop", "the orders of this shop do not come in files", shop=shop.name)
        return shop

    def _warehouse(self) -> int:
        return self._store.write(main_warehouse)


def _expect_own(shop: ShopRecord, tables: Sequence[Mapped]) -> None:
    """Orders in a shop of another platform would be told to that one: their numbers mean nothing there."""
    platform = str(shop.settings.get("platform", ""))
    if any(platform and one.preset.platform not in ("", platform) for one in tables):
        raise Refused("files.other_platform", "this table is of another platform than the shop", shop=shop.name)


def _published(staged: Staged) -> Exported:
    staged.publish()
    return Exported(str(staged.path), staged.rows, staged.digest)


def _only(chosen: Sequence[tuple[Read, Mapped]]) -> tuple[Table, Mapped]:
    read, mapped = chosen[0]
    return read.table, mapped


def _add_shop(uow: UnitOfWork, name: str, platform: str) -> FileShop:
    if not name or is_taken(uow, name):
        raise Refused("files.shop_name", "a shop needs a name that no other shop bears", name=name)
    return FileShop(add_shop(uow, FILE, name, {"platform": platform}, "", main_warehouse(uow)), name, platform)


def _recent(connection: Connection) -> tuple[PastImport, ...]:
    query = (
        select(Journal.at, Journal.operator, Journal.facts, Shop.name)
        .outerjoin(Shop, Shop.id == Journal.subject_id)
        .where(Journal.subject == "file")
        .order_by(Journal.id.desc())
        .limit(_RECENT)
    )
    return tuple(
        PastImport(
            at=row.at,
            operator=row.operator,
            shop=row.name or "",
            kind=str(row.facts.get("kind", "")),
            new=int(row.facts.get("new", 0)),
            changed=int(row.facts.get("changed", 0)),
            rejected=int(row.facts.get("rejected", 0)),
        )
        for row in connection.execute(query)
    )


def _rejected_sheet(tables: Sequence[Table], rejected: Sequence[Rejected]) -> Sheet:
    """The refused rows as they stood, under the columns of all tables; two columns of one name stay two."""
    places: dict[tuple[str, int], int] = {}
    names: list[str] = []
    columns: dict[str, list[int]] = {}
    for table in tables:
        columns[table.name] = []
        for name in table.header:
            nth = sum(1 for place in columns[table.name] if names[place].partition("\n")[0] == name)
            if (name, nth) not in places:
                places[name, nth] = len(names)
                names.append(f"{name}\n{nth}")
            columns[table.name].append(places[name, nth])
    rows_of = {(table.name, number): cells for table in tables for number, cells in table.rows}
    rows: list[list[str | int]] = []
    for one in rejected:
        row: list[str | int] = [""] * len(names)
        for place, cell in zip(columns.get(one.file, ()), rows_of.get((one.file, one.row), ()), strict=False):
            row[place] = text_of(cell)
        rows.append([*row, one.file, str(one.row), one.column, one.reason])
    shown = [_numbered(*name.split("\n")) for name in names]
    return Sheet([*shown, "原文件", "原行号", "问题列", "原因"], rows)


def _numbered(name: str, nth: str) -> str:
    return name if nth == "0" and name else f"{name or '列'} ({int(nth) + 1})"


def with_shop(plan: Plan, shop_id: int) -> Plan:
    """The same plan for a shop that was added since."""
    return replace(plan, shop_id=shop_id)
