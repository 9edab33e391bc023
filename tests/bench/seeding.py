"""Filling a file with any number of orders of the made-up shop, fast, in the program's own tables.

Rows are made inside SQLite, set by set, from the order's number; only what needs the data key (digests) or the shop's
people is called back into Python. What comes out is a shop after years of work: nearly everything left long ago, the
newest orders wait, and every sum agrees (`check` looks).
"""

from pathlib import Path
from typing import Any

from core.customers.service import consignee_digest
from core.db.driver import connect_sqlite
from core.orders.intake import compress
from tests.bench import shop
from tests.bench.shop import CARRIER, INSTALLATION, KEY, LINES, START, BenchFile

#: the newest orders, which are still in the house
OPEN = 2000
_CHUNK = 50_000
_AT = int(START.timestamp() * 1000)
_DAY = 86_400_000

#: where order `n` of `total` stands
_KIND = f"""CASE WHEN n > total - {OPEN} THEN CASE n % 20 WHEN 0 THEN 'held' WHEN 1 THEN 'unpaid' ELSE 'to_pack' END
    WHEN n % 50 = 0 THEN 'cancelled' WHEN n % 3 = 0 THEN 'shipped' ELSE 'completed' END"""

#: one row per order of the chunk, then one per line
_ORDERS = f"""
CREATE TEMP TABLE o AS
WITH RECURSIVE count(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM count WHERE n < :last)
SELECT n, {_KIND} AS kind, 1 + (n - 1) * 3 / 5 AS c, {_AT} - (total - n) * 60000 AS at
FROM (SELECT n, :total AS total FROM count)
"""
_LINES_OF = f"""
CREATE TEMP TABLE l AS
SELECT (n - 1) * {LINES} + 1 + k AS id, n, kind, at, sku_of(n, k) AS sku, qty_of(n, k) AS qty, k
FROM o JOIN (SELECT 0 AS k UNION ALL SELECT 1 UNION ALL SELECT 2)
"""
_GONE = "kind IN ('shipped', 'completed')"
_PACKED = f"({_GONE} OR kind = 'to_pack')"

_STEPS = (
    "INSERT INTO customer (id, created_at) SELECT c, at FROM fresh",
    "INSERT INTO identity (channel, buyer_key, customer_id, buyer_name)"
    " SELECT 'mall', 'b' || c, c, 'buyer' || c FROM fresh",
    "INSERT INTO identity (channel, buyer_key, customer_id)"
    " SELECT 'phone', digest('phone', phone_of(c)), c FROM fresh",
    """INSERT INTO consignee (id, customer_id, digest, name, phone, province, city, district, address, postcode,
       token,
       is_masked, created_at)
       SELECT c, c, consignee_digest(c), name_of(c), phone_of(c), part_of(c, 'province'), part_of(c, 'city'),
       part_of(c, 'district'), part_of(c, 'address'), part_of(c, 'postcode'), '', 0, at FROM fresh""",
    """INSERT INTO customer_change (customer_id, at, operator, kind, facts)
       SELECT c, at, 'clerk', 'created', '{"channel": "mall"}' FROM fresh""",
    f"""INSERT INTO orders (id, shop_id, order_no, customer_id, consignee_id, order_type, payment, fulfilment,
       after_sale,
       channel_status, hold_reason, channel_version, modified_at, seen_at, placed_at, paid_at, ship_by_at, shipped_at,
       amount_fen, freight_fen, buyer_note, seller_note, warehouse_id)
       SELECT n, 1, order_no(n), c, c, 'normal', CASE kind WHEN 'unpaid' THEN 'unpaid' ELSE 'paid' END,
       CASE WHEN kind IN ('held', 'unpaid') THEN 'to_review' ELSE kind END, 'none', 'WAIT_SELLER_SEND_GOODS',
       CASE kind WHEN 'held' THEN 'by_hand' ELSE '' END, 1, at, at, at, CASE kind WHEN 'unpaid' THEN NULL ELSE at END,
       at + 2 * {_DAY}, CASE WHEN {_GONE} THEN at + 3600000 END, 9900, 0, '', '', 1 FROM o""",
    """INSERT INTO order_line (id, order_id, line_no, item_id, channel_sku_id, sku_id, title, spec, qty, channel_qty,
       unit_price_fen, is_gift, after_sale, is_current)
       SELECT l.id, n, n || '-' || k, 'item-' || sku, 'c' || sku, sku, sku.name, sku.spec, qty, qty, 990, 0, 'none', 1
       FROM l JOIN sku ON sku.id = l.sku""",
    "INSERT INTO channel_copy SELECT n, at, :body FROM o",
    """INSERT INTO order_search (rowid, name, tokens)
       SELECT n, phrase_of(c), tokens_of(n, c) FROM o""",
    f"""INSERT INTO reservation (order_line_id, sku_id, level_id, qty, state, attempt, created_at, expires_at,
       settled_at)
       SELECT id, sku, sku, qty, CASE WHEN {_GONE} THEN 'consumed' WHEN kind = 'cancelled' THEN 'released'
       WHEN kind = 'unpaid' THEN 'reserved' ELSE 'confirmed' END, 1, at,
       CASE kind WHEN 'unpaid' THEN {_AT} + 400 * {_DAY} END, CASE WHEN {_GONE} THEN at + 3600000 END FROM l""",
    f"""INSERT INTO movement (at, level_id, qty, kind, reason, reference, operator, key)
       SELECT at + 3600000, sku, -qty, 'sale', '', 'parcel:' || n, 'clerk', 'sale:parcel:' || n || ':' || id || ':'
       || sku
       FROM l WHERE {_GONE}""",
    """INSERT INTO hold (order_id, reason, note, placed_at, placed_by)
       SELECT n, 'by_hand', '', at, 'clerk' FROM o WHERE kind = 'held'""",
    f"""INSERT INTO parcel (id, state, warehouse_id, shop_id, consignee_id, carrier_code, box_no, box_count,
       ship_by_at,
       created_at, opened_by, fence, packed_at, shipped_at, shipped_by)
       SELECT n, CASE WHEN {_GONE} THEN 'shipped' ELSE 'to_pack' END, 1, 1, c, '{CARRIER}', 1, 1, at + 2 * {_DAY},
       at, '',
       0, NULL, CASE WHEN {_GONE} THEN at + 3600000 END, CASE WHEN {_GONE} THEN 'desk-1' ELSE '' END
       FROM o WHERE {_PACKED}""",
    f"""INSERT INTO parcel_line (parcel_id, order_line_id, order_id, sku_id, qty, verified_qty, is_confirmed_by_hand,
       is_withdrawn) SELECT n, id, n, sku, qty, CASE WHEN {_GONE} THEN qty ELSE 0 END, 0, 0 FROM l WHERE {_PACKED}""",
    f"""INSERT INTO waybill (id, parcel_id, attempt, key, carrier_code, state, number, sort_code, package_centre,
       qr_text,
       consignee_id, requested_at, obtained_at)
       SELECT n, n, 1, '{INSTALLATION}-' || n || '-1', '{CARRIER}', 'obtained', waybill_of(n), '571-A1 02',
       '杭州集包',
       '',
       c, at, at FROM o WHERE {_PACKED}""",
    f"""INSERT INTO outbox (kind, key, payload, state, lane, created_at, not_before_at, attempts, done_at)
       SELECT 'obtain_waybill', '{INSTALLATION}-' || n || '-1', '{{"waybill_id": ' || n || '}}', 'done',
       'waybill:{CARRIER}', at, at, 1, at FROM o WHERE {_PACKED}""",
    """INSERT INTO journal (at, operator, desk, action, subject, subject_id, facts)
       SELECT at, 'clerk', 'desk-1', 'order.taken', 'orders', n, '{"shop_id": 1}' FROM o""",
    f"""INSERT INTO journal (at, operator, desk, action, subject, subject_id, facts)
       SELECT at + 3600000, 'clerk', 'desk-1', 'parcel.shipped', 'parcel', n, '{{}}' FROM o WHERE {_GONE}""",
    f"""INSERT INTO applied_key (key, at, result)
       SELECT 'consume:parcel:' || n, at + 3600000, '{{}}' FROM o WHERE {_GONE}""",
    f"""INSERT INTO scan (nonce, at, desk, operator, parcel_id, kind, raw, qty, verdict, is_undone)
       SELECT lower(hex(randomblob(16))), at + 3600000, 'desk-1', 'clerk', n, 'label', waybill_of(n), 0,
       'parcel.shipped/shipped', 0 FROM o WHERE {_GONE}""",
)
_LEVELS = """
UPDATE stock_level SET on_hand_qty = (SELECT sum(qty) FROM movement WHERE level_id = stock_level.id),
    confirmed_qty = (SELECT coalesce(sum(qty), 0) FROM claimed WHERE sku = stock_level.id AND state = 'confirmed'),
    reserved_qty = (SELECT coalesce(sum(qty), 0) FROM claimed WHERE sku = stock_level.id AND state = 'reserved')
"""


def waybill_of(order: int) -> str:
    """The number on the label of an order's parcel."""
    return f"PX73{order:011}"


def seeded(path: Path, orders: int) -> BenchFile:
    """A file with so many orders; a finished one that is there already is used again."""
    if not path.exists():
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        file = BenchFile.open(draft)
        try:
            _fill(draft, orders, file)
        finally:
            file.close()
        draft.rename(path)
    return BenchFile.open(path)


def _fill(path: Path, orders: int, file: BenchFile) -> None:
    connection = connect_sqlite(path, KEY)
    # Nothing here outlives a crash: the draft is renamed when it is whole.
    for pragma in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -400000", "wal_autocheckpoint = 20000"):
        connection.execute(f"PRAGMA {pragma}")
    _lend(connection, file)
    body = compress(shop.channel_order(1, 1, START).raw)
    for first in range(1, orders + 1, _CHUNK):
        chunk = {"first": first, "last": min(first + _CHUNK - 1, orders), "total": orders}
        connection.execute("BEGIN")
        known = connection.execute("SELECT coalesce(max(id), 0) FROM customer").fetchone()[0]
        connection.execute(_ORDERS, chunk)
        connection.execute(_LINES_OF)
        connection.execute(f"CREATE TEMP TABLE fresh AS SELECT c, min(at) AS at FROM o WHERE c > {known} GROUP BY c")
        for step in _STEPS:
            connection.execute(step, {"body": body} if ":body" in step else {})
        for table in ("o", "l", "fresh"):
            connection.execute(f"DROP TABLE temp.{table}")
        connection.execute("COMMIT")
    connection.execute(
        "CREATE TEMP TABLE claimed AS SELECT sku_id AS sku, state, sum(qty) AS qty FROM reservation"
        " WHERE state IN ('reserved', 'confirmed') GROUP BY 1, 2"
    )
    connection.execute(_LEVELS)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _lend(connection: Any, file: BenchFile) -> None:
    """Give the connection the shop's people and the digests of the data key."""
    digest = file.digester.digest

    def lend(name: str, count: int, function: Any) -> None:
        connection.create_function(name, count, function, deterministic=True)

    lend("sku_of", 2, shop.sku_of)
    lend("qty_of", 2, shop.qty_of)
    lend("order_no", 1, shop.order_no)
    lend("waybill_of", 1, waybill_of)
    lend("name_of", 1, shop.name_of)
    lend("phone_of", 1, shop.phone_of)
    lend("part_of", 2, lambda customer, part: getattr(shop.consignee_of(customer), part))
    lend("digest", 2, digest)
    lend("consignee_digest", 1, lambda customer: consignee_digest(shop.consignee_of(customer), digest))
    lend("phrase_of", 1, lambda customer: " ".join(f"c{ord(ch):x}" for ch in shop.name_of(customer)))
    lend("tokens_of", 2, _tokens_of)


def _tokens_of(order: int, customer: int) -> str:
    skus = sorted({shop.sku_of(order, place) for place in range(LINES)})
    return " ".join([*(f"g{sku}" for sku in skus), "t" + shop.phone_of(customer)[-4:]])


def check(connection: Any) -> None:
    """Levels equal their movements and claims, every reference points at a row, the search index is whole.

    Raises:
        AssertionError: something disagrees.
    """
    wrong = connection.execute(
        """SELECT count(*) FROM stock_level s WHERE on_hand_qty <> (SELECT sum(qty) FROM movement WHERE level_id =
       s.id)
        OR reserved_qty + confirmed_qty <> (SELECT coalesce(sum(qty), 0) FROM reservation r
            WHERE r.level_id = s.id AND r.state IN ('reserved', 'confirmed') AND r.sku_id = s.sku_id)"""
    ).fetchone()[0]
    if wrong or connection.execute("PRAGMA foreign_key_check").fetchall():
        raise AssertionError(
            f"{wrong} levels disagree with their claims and movements, or a reference points nowhere"
        )
