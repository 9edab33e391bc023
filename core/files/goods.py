"""Products, opening counts and customers out of tables.

Products are added or changed by their code; a column that the table lacks, and an empty cell, leave what is known.
Counts are stocktakes: what was counted is what is on hand from then on, once for each file and code. Customers go
into the customer master as buyers of their own account; the same receiver again is no second one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import bindparam, or_, select
from sqlalchemy.engine import Connection

from core.catalog.bins import LONGEST_BIN, tidy_bin
from core.catalog.models import Barcode, Bin, BundleLine, Sku
from core.catalog.records import SkuSpec
from core.catalog.service import match_by_code, take_in
from core.channels.contract import Consignee
from core.counting.from_file import FileCount, hand_in, on_sheets, put_on_sheet, wait_for_other
from core.counting.shortage import deficits_of, hold_short
from core.customers.models import Identity
from core.customers.service import Buyer, Digest, account_key, register
from core.db.models import AppliedKey
from core.db.sets import id_set, packed_ids, packed_texts, text_set
from core.db.turn import take_turn
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.files import people
from core.files.cells import BadCell, code_of, moment_of, number_of, text_of, whole_of
from core.files.fields import PERSONAL, Row
from core.files.importing import note
from core.files.mapping import Mapped
from core.files.progress import Progress
from core.files.records import Cell, Counts, Imported, Rejected, Table
from core.fulfilment.resuming import goods_came, listings_matched
from core.inventory import ledger
from core.inventory.batches import LONGEST_BATCH, note_batch, tidy_batch
from core.inventory.models import Warehouse
from core.runtime.china import CHINA
from core.runtime.errors import DomainError, NotFound
from core.runtime.ids import SkuId, WarehouseId

T = TypeVar("T")

#: the account space of customers that no platform knows
_ACCOUNTS = "files"
_PIECE = 50
_MOST_GRAMS = 1_000_000
#: characters that a file's digest is known by
_DIGEST = 32
_SHOWN = 40
_BY_CODE = select(*Sku.__table__.c).where(Sku.code.in_(text_set("codes")))
_BARCODES = select(Barcode.sku_id, Barcode.code, Barcode.unit_qty).where(Barcode.sku_id.in_(id_set("ids")))
_BINS = select(Bin.sku_id, Bin.warehouse_id, Bin.code).where(Bin.sku_id.in_(id_set("ids"))).order_by(Bin.warehouse_id)
_PARTS = (
    select(BundleLine.bundle_sku_id, Sku.code, BundleLine.qty)
    .join(Sku, Sku.id == BundleLine.component_sku_id)
    .where(BundleLine.bundle_sku_id.in_(id_set("ids")))
    .order_by(BundleLine.id)
)
_COUNTED = select(AppliedKey.key).where(AppliedKey.key.in_(text_set("keys")))
_ACCOUNT = select(Identity.buyer_key).where(
    Identity.channel == bindparam("channel"), Identity.buyer_key.in_(text_set("keys"))
)


@dataclass(frozen=True, slots=True)
class Item:
    """One row that can be taken in; which of its facts are None the table does not say."""

    row: int
    code: str
    facts: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ItemTable:
    """What a table of products, counts or customers says."""

    kind: str
    file: str
    digest: str
    items: Sequence[Item] = field(repr=False)
    rejected: Sequence[Rejected]


def items_of(table: Table, mapped: Mapped) -> ItemTable:
    """The rows of a table of products, counts or customers; rows of one code are put together."""
    read = {"products": _product, "counts": _counted, "customers": _customer}[mapped.preset.kind]
    items: dict[str, Item] = {}
    rejected: list[Rejected] = []
    for row in mapped.rows(table):
        reader = _Reader(table, mapped, row)
        try:
            item = read(reader)
        except _BadField as error:
            rejected.append(error.rejected)
            continue
        # Of counts each warehouse, and each batch of the goods, is an item of its own.
        name = "\n".join([item.code, item.facts.get("warehouse") or "", item.facts.get("batch") or ""])
        before = items.get(name)
        items[name] = item if before is None else _together(mapped.preset.kind, before, item)
    return ItemTable(mapped.preset.kind, table.name, table.digest, list(items.values()), rejected)


class _BadField(Exception):
    def __init__(self, rejected: Rejected) -> None:
        super().__init__(rejected.reason)
        self.rejected = rejected


class _Reader:
    def __init__(self, table: Table, mapped: Mapped, row: Row) -> None:
        self._table = table
        self._mapped = mapped
        self.row = row

    def get(self, name: str, read: Callable[[Cell], T]) -> T | None:
        cell = self.row.cell(name)
        if cell is None:
            return None
        try:
            return read(cell)
        except BadCell as error:
            raise self.bad(name, error.reason) from error

    def need(self, name: str, read: Callable[[Cell], T]) -> T:
        value = self.get(name, read)
        if value is None or value == "":
            raise self.bad(name, "missing")
        return value

    def bad(self, name: str, reason: str) -> _BadField:
        cell = self.row.cell(name)
        said = text_of(cell) if cell is not None else ""
        said = people.masked_value(name, said) if name in PERSONAL else said[:_SHOWN]
        column = self._mapped.column(name, self._table) or name
        return _BadField(Rejected(self._table.name, self.row.number, column, reason, said))


def _product(reader: _Reader) -> Item:
    weight = reader.get("weight_g", _grams)
    barcodes = reader.get("barcode", _barcodes)
    facts = {
        "name": reader.need("name", text_of),
        "short_name": reader.get("short_name", text_of),
        "spec": reader.get("spec", text_of),
        "weight_g": weight,
        "barcodes": barcodes,
        "bin": reader.get("bin", _bin),
    }
    return Item(reader.row.number, reader.need("code", code_of), facts)


def _bin(cell: Cell) -> str:
    code = tidy_bin(text_of(cell))
    if len(code) > LONGEST_BIN:
        raise BadCell("out_of_range")
    return code


def _grams(cell: Cell) -> int:
    grams = whole_of(cell)
    if grams > _MOST_GRAMS:
        raise BadCell("out_of_range")
    return grams


def _barcodes(cell: Cell) -> tuple[str, ...]:
    if not isinstance(cell, str):
        return (number_of(cell),)
    return tuple(
        number_of(part) for part in text_of(cell).replace("，", ",").replace(";", ",").split(",") if part.strip()
    )


def _counted(reader: _Reader) -> Item:
    batch = tidy_batch(reader.get("batch", text_of) or "")
    if len(batch) > LONGEST_BATCH:
        raise reader.bad("batch", "out_of_range")
    facts = {
        "qty": reader.need("qty", whole_of),
        "warehouse": reader.get("warehouse", text_of) or "",
        "bin": reader.get("bin", _bin),
        "batch": batch,
        "expires_on": reader.get("expires_on", _day),
        "made_on": reader.get("made_on", _day),
    }
    return Item(reader.row.number, reader.need("code", code_of), facts)


def _day(cell: Cell) -> date:
    return moment_of(cell).astimezone(CHINA).date()


def _customer(reader: _Reader) -> Item:
    who = {name: reader.get(name, text_of) or "" for name in ("receiver", "phone", "address", "postcode")}
    region = {name: reader.get(name, text_of) or "" for name in ("province", "city", "district")}
    for name in ("receiver", "phone"):
        if not who[name]:
            raise reader.bad(name, "missing")
        if people.is_masked(who[name]):
            raise reader.bad(name, "masked")
    if not region["province"] and who["address"]:
        *parts, street, postcode = people.regions(who["address"])
        region = dict(zip(("province", "city", "district"), parts, strict=True))
        who |= {"address": street, "postcode": who["postcode"] or postcode}
    place = (region["province"], region["city"], region["district"], who["address"], who["postcode"])
    consignee = Consignee(who["receiver"], who["phone"], *place)
    buyer = reader.get("buyer", text_of) or "".join(filter(str.isdigit, who["phone"])) or who["phone"]
    return Item(reader.row.number, buyer, {"consignee": consignee})


def _together(kind: str, before: Item, item: Item) -> Item:
    if kind == "counts":
        known = {name: before.facts[name] or item.facts[name] for name in ("bin", "expires_on", "made_on")}
        return replace(before, facts={**before.facts, **known, "qty": before.facts["qty"] + item.facts["qty"]})
    if kind == "products":
        codes = dict.fromkeys([*(before.facts["barcodes"] or ()), *(item.facts["barcodes"] or ())])
        place = item.facts["bin"] or before.facts["bin"]
        return replace(item, facts={**item.facts, "barcodes": tuple(codes) or None, "bin": place})
    return item


# --- into the records ---------------------------------------------------------------------------------------------


def preview_items(store: Store, table: ItemTable, warehouse_id: int, digest: Digest) -> Counts:
    """What importing would do."""
    counts = Counts(rejected=len(table.rejected))
    for start in range(0, len(table.items), _PIECE):
        piece = table.items[start : start + _PIECE]
        new, changed, same = store.read(partial(_sort_out, table=table, items=piece, place=(warehouse_id, digest)))
        counts = replace(
            counts,
            new=counts.new + len(new),
            changed=counts.changed + len(changed),
            unchanged=counts.unchanged + len(same),
        )
        if table.kind == "counts" and new:
            person_id = (store.acting or store.actor).person_id
            waiting = store.read(partial(_waiting, table=table, items=new, place=warehouse_id, person_id=person_id))
            counts = replace(counts, new=counts.new - waiting, waiting=counts.waiting + waiting)
    return counts


def _waiting(connection: Connection, *, table: ItemTable, items: Sequence[Item], place: int, person_id: int) -> int:
    return len(wait_for_other(connection, person_id, _said(connection, table, items, place)))


def import_items(
    store: Store, table: ItemTable, warehouse_id: int, digest: Digest, carrier_code: str, progress: Progress
) -> tuple[Imported, Sequence[Rejected]]:
    """Take the rows in, piece by piece; also gives those the rules refused (a barcode of another SKU, ...)."""
    counts = Counts(rejected=len(table.rejected))
    refused: list[Rejected] = []
    progress.show(0, len(table.items))
    is_whole = True
    for start in range(0, len(table.items), _PIECE):
        if progress.is_cancelled:
            is_whole = False
            break
        piece = table.items[start : start + _PIECE]
        counts = _stored(store, table, piece, (warehouse_id, digest, carrier_code), counts, refused)
        progress.show(start + len(piece), len(table.items))
    sheets: tuple[str, ...] = ()
    if table.kind == "counts":
        # Also what an earlier import of this file was kept from handing in.
        sheets = store.write(lambda uow: hand_in(uow, table.digest[:_DIGEST]), urgency=Urgency.BULK)
    note(store, 0, table.kind, counts)
    return Imported(counts, is_whole, sheets), refused


def _stored(
    store: Store,
    table: ItemTable,
    piece: Sequence[Item],
    place: tuple[int, Digest, str],
    counts: Counts,
    refused: list[Rejected],
) -> Counts:
    def take(items: Sequence[Item]) -> Counts:
        return store.write(lambda uow: _take(uow, table, items, *place), urgency=Urgency.BULK)

    try:
        return _plus(counts, take(piece))
    except DomainError as error:
        if len(piece) == 1:
            refused.append(Rejected(table.file, piece[0].row, "", error.code.replace(".", "_")))
            return replace(counts, rejected=counts.rejected + 1)
    for item in piece:
        counts = _stored(store, table, [item], place, counts, refused)
    return counts


def _plus(counts: Counts, done: Counts) -> Counts:
    return replace(
        counts,
        new=counts.new + done.new,
        changed=counts.changed + done.changed,
        unchanged=counts.unchanged + done.unchanged,
        waiting=counts.waiting + done.waiting,
    )


def _take(
    uow: UnitOfWork, table: ItemTable, items: Sequence[Item], warehouse_id: int, digest: Digest, carrier_code: str
) -> Counts:
    take_turn(uow, "intake")
    new, changed, same = _sort_out(uow.connection, table=table, items=items, place=(warehouse_id, digest))
    todo = [*new, *changed]
    waiting = 0
    if todo:
        act = {"products": _take_products, "counts": _take_counts, "customers": _take_customers}[table.kind]
        waiting = act(uow, table, todo, warehouse_id, digest, carrier_code)
    return Counts(len(new) - waiting, len(changed), len(same), waiting=waiting)


def _sort_out(
    connection: Connection, *, table: ItemTable, items: Sequence[Item], place: tuple[int, Digest]
) -> tuple[list[Item], list[Item], list[Item]]:
    warehouse_id, digest = place
    sort = {"products": _sort_products, "counts": _sort_counts, "customers": _sort_customers}[table.kind]
    return sort(connection, table, items, warehouse_id, digest)


def _known_skus(connection: Connection, codes: Sequence[str]) -> dict[str, SkuSpec]:
    rows: Sequence[Any] = connection.execute(_BY_CODE, {"codes": packed_texts(codes)}).all()
    ids = {"ids": packed_ids([row.id for row in rows])}
    barcodes: dict[int, list[tuple[str, int]]] = {}
    for sku_id, code, qty in connection.execute(_BARCODES, ids):
        barcodes.setdefault(sku_id, []).append((code, qty))
    bins: dict[int, list[tuple[int, str]]] = {}
    for sku_id, warehouse_id, code in connection.execute(_BINS, ids):
        bins.setdefault(sku_id, []).append((warehouse_id, code))
    parts: dict[int, list[tuple[str, int]]] = {}
    for bundle_id, code, qty in connection.execute(_PARTS, ids):
        parts.setdefault(bundle_id, []).append((code, qty))
    return {
        row.code: SkuSpec(
            code=row.code,
            name=row.name,
            short_name=row.short_name,
            spec=row.spec,
            weight_g=row.weight_g,
            picture=row.picture,
            barcodes=tuple(sorted(barcodes.get(row.id, ()))),
            components=tuple(parts.get(row.id, ())),
            is_stock_managed=row.is_stock_managed,
            lacks_barcode=row.lacks_barcode,
            is_batch_managed=row.is_batch_managed,
            life_days=row.life_days,
            warn_days=row.warn_days,
            bins=tuple(bins.get(row.id, ())),
        )
        for row in rows
    }


def _spec(item: Item, known: SkuSpec | None, warehouse_id: int) -> SkuSpec:
    base = known or SkuSpec(item.code, item.facts["name"], lacks_barcode=not item.facts["barcodes"])
    told = {
        name: value for name, value in item.facts.items() if value is not None and name not in {"barcodes", "bin"}
    }
    spec = replace(base, **told)
    if item.facts["bin"]:
        spec = replace(spec, bins=tuple(sorted((dict(base.bins) | {warehouse_id: item.facts["bin"]}).items())))
    if known is not None and known.short_name == known.name and item.facts["short_name"] is None:
        spec = replace(spec, short_name=spec.name)
    codes = item.facts["barcodes"]
    if codes:
        had = dict(base.barcodes)
        # A carton's code keeps how many units it stands for; a file has single units only.
        merged = {**{code: qty for code, qty in had.items() if qty > 1}, **{code: had.get(code, 1) for code in codes}}
        spec = replace(spec, barcodes=tuple(sorted(merged.items())), lacks_barcode=False)
    return replace(spec, short_name=spec.short_name or spec.name)


def _sort_products(
    connection: Connection, _table: ItemTable, items: Sequence[Item], warehouse_id: int, _digest: Digest
) -> tuple[list[Item], list[Item], list[Item]]:
    known = _known_skus(connection, [item.code for item in items])
    new = [item for item in items if item.code not in known]
    there = [item for item in items if item.code in known]
    changed = [item for item in there if _spec(item, known[item.code], warehouse_id) != known[item.code]]
    return new, changed, [item for item in there if item not in changed]


def _take_products(
    uow: UnitOfWork, _table: ItemTable, items: Sequence[Item], warehouse_id: int, digest: Digest, carrier_code: str
) -> int:
    known = _known_skus(uow.connection, [item.code for item in items])
    take_in(uow, [_spec(item, known.get(item.code), warehouse_id) for item in items])
    match_by_code(uow)
    listings_matched(uow, carrier_code, digest)
    return 0


def _key(table: ItemTable, item: Item) -> str:
    place = f"@{item.facts['warehouse']}" if item.facts["warehouse"] else ""
    batch = f":{item.facts['batch']}" if item.facts["batch"] else ""
    return f"file:{table.digest[:_DIGEST]}:{item.code}{place}{batch}"


def _sort_counts(
    connection: Connection, table: ItemTable, items: Sequence[Item], _warehouse_id: int, _digest: Digest
) -> tuple[list[Item], list[Item], list[Item]]:
    keys = {f"stock.count:{_key(table, item)}": item for item in items}
    done = set(connection.execute(_COUNTED, {"keys": packed_texts(keys)}).scalars())
    # What waits on a sheet was taken from this file before as well.
    waiting = on_sheets(connection, [_key(table, item) for item in items])
    same = [item for key, item in keys.items() if key in done or _key(table, item) in waiting]
    return [item for item in items if item not in same], [], same


def _take_counts(
    uow: UnitOfWork, table: ItemTable, items: Sequence[Item], warehouse_id: int, _digest: Digest, carrier_code: str
) -> int:
    said = _said(uow.connection, table, items, warehouse_id)
    for item, count in zip(items, said, strict=True):
        if not count.warehouse_id:
            raise NotFound("stock.no_warehouse", f"there is no warehouse {item.facts['warehouse']}")
        if item.facts["bin"] and count.sku_id:
            _note_bin(uow, item.code, count.warehouse_id, item.facts["bin"])
        days = (item.facts["expires_on"], item.facts["made_on"])
        if count.batch and any(days) and count.sku_id:
            note_batch(uow, count.sku_id, count.batch, *days)
    waiting = wait_for_other(uow.connection, uow.actor.person_id, said)
    put_on_sheet(uow, table.digest[:_DIGEST], table.file, waiting)
    booked = [count for count in said if count not in waiting]
    deficits: list[list[int]] = []
    for count in booked:
        # A code that is not there is refused by the ledger in its own words.
        result = ledger.count(uow, count.warehouse_id, count.sku_id, count.qty, "file", count.key, count.batch)
        deficits += deficits_of(result)
    # Their goods are not there: they wait, and are listed as short, the least pressing first.
    hold_short(uow, deficits)
    goods_came(uow, carrier_code, [count.sku_id for count in booked if count.sku_id])
    return len(waiting)


def _said(connection: Connection, table: ItemTable, items: Sequence[Item], warehouse_id: int) -> Sequence[FileCount]:
    """What each row says was counted; SKU and warehouse are 0 where nobody knows what is written there."""
    codes = {"codes": packed_texts([item.code for item in items])}
    rows: Sequence[Any] = connection.execute(
        select(Sku.code, Sku.id).where(Sku.code.in_(text_set("codes"))), codes
    ).all()
    ids = dict(rows)
    names = {str(item.facts["warehouse"]) for item in items}
    places = {name: _warehouse_called(connection, name) if name else warehouse_id for name in names}
    return [
        FileCount(
            WarehouseId(places[str(item.facts["warehouse"])] or 0),
            SkuId(ids.get(item.code, 0)),
            item.facts["batch"],
            item.facts["qty"],
            _key(table, item),
        )
        for item in items
    ]


def _warehouse_called(connection: Connection, said: str) -> int | None:
    """The warehouse of this name or code."""
    query = select(Warehouse.id).where(or_(Warehouse.name == said, Warehouse.code == said.lower()))
    return connection.execute(query.order_by(Warehouse.id).limit(1)).scalar_one_or_none()


def _note_bin(uow: UnitOfWork, code: str, warehouse_id: int, place: str) -> None:
    known = _known_skus(uow.connection, [code])[code]
    bins = tuple(sorted((dict(known.bins) | {warehouse_id: place}).items()))
    if bins != known.bins:
        take_in(uow, [replace(known, bins=bins)])


def _sort_customers(
    connection: Connection, _table: ItemTable, items: Sequence[Item], _warehouse_id: int, digest: Digest
) -> tuple[list[Item], list[Item], list[Item]]:
    keys = {account_key(connection, item.code, digest): item for item in items}
    binds = {"channel": _ACCOUNTS, "keys": packed_texts(keys)}
    known = set(connection.execute(_ACCOUNT, binds).scalars())
    same = [item for key, item in keys.items() if key in known]
    return [item for key, item in keys.items() if key not in known], [], same


def _take_customers(
    uow: UnitOfWork, _table: ItemTable, items: Sequence[Item], _warehouse_id: int, digest: Digest, _carrier_code: str
) -> int:
    register(uow, _ACCOUNTS, [Buyer(item.code, "", item.facts["consignee"]) for item in items], digest)
    return 0
