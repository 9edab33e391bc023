"""What a careful person would write by hand for intake and nothing else: raw sqlcipher3, one executemany per table.

It leaves the very rows the product leaves (`differences` compares every table row by row), but knows only the case
it is
made for: paid or unpaid orders of matched goods that are in stock. It looks up what intake must look up (which
orders,
listings, buyers, consignees and levels are there) and nothing that this case does not need: no bundles, no
shortages, no
expired claims, no newer copies, no uncounted goods.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from core.channels.contract import ChannelOrder
from core.customers.service import consignee_digest
from core.orders.intake import compress
from tests.bench.shop import ACCOUNTS, CARRIER, INSTALLATION

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_NEXT_IDS = "SELECT " + ", ".join(
    f"(SELECT coalesce(max(id), 0) + 1 FROM {table})"
    for table in ("customer", "consignee", "orders", "order_line", "parcel", "waybill")
)


def stored(at: datetime) -> int:
    """A moment as the file keeps it: milliseconds since 1970."""
    return (at - _EPOCH) // _MS


def take_page(
    connection: Any,
    orders: Sequence[ChannelOrder],
    digest: Callable[[str, str], str],
    now: datetime,
    accounts: str = ACCOUNTS,
) -> None:
    """One page in one transaction on a bare connection (see `core.db.driver.connect_sqlite`)."""
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    _take(cursor, orders, digest, stored(now), accounts)
    cursor.execute("COMMIT")
    cursor.close()


def _take(
    cursor: Any, page: Sequence[ChannelOrder], digest: Callable[[str, str], str], now: int, accounts: str
) -> None:
    known = dict(
        cursor.execute(
            "SELECT order_no, id FROM orders WHERE shop_id = 1 AND order_no IN (SELECT value FROM json_each(?))",
            (json.dumps([order.order_no for order in page]),),
        )
    )
    if known:
        cursor.executemany("UPDATE orders SET seen_at = ? WHERE id = ?", [(now, i) for i in known.values()])
    orders = [order for order in page if order.order_no not in known]
    items = json.dumps([line.item_id for order in orders for line in order.lines])
    listings = {
        (item, channel_sku): sku
        for item, channel_sku, sku in cursor.execute(
            "SELECT item_id, channel_sku_id, sku_id FROM listing"
            " WHERE shop_id = 1 AND item_id IN (SELECT value FROM json_each(?))",
            (items,),
        )
    }
    next_customer, next_consignee, next_order, next_line, next_parcel, next_waybill = cursor.execute(
        _NEXT_IDS
    ).fetchone()
    people = _people(cursor, orders, digest, now, next_customer, next_consignee, accounts)
    order_rows, line_rows, parcels, parcel_lines, waybills, outbox = [], [], [], [], [], []
    held, paid = [], []
    reserved: dict[int, int] = {}
    confirmed: dict[int, int] = {}
    levels = dict(
        cursor.execute(
            "SELECT sku_id, id FROM stock_level WHERE warehouse_id = 1 AND sku_id IN (SELECT value FROM"
            " json_each(?))",
            (json.dumps(sorted(set(listings.values()))),),
        )
    )
    search = []
    order_id, line_id = next_order, next_line
    for order, (customer_id, consignee_id) in zip(orders, people, strict=True):
        is_paid = order.paid_at is not None
        placed, modified = stored(order.placed_at), stored(order.modified_at)
        due = placed + 48 * 3_600_000 if is_paid else None
        order_rows.append(
            (order_id, order.order_no, customer_id, consignee_id, order.payment, "to_pack" if
             is_paid else "to_review",
             order.channel_status, order.version, modified, now, placed, placed if is_paid else None, due,
             order.amount_fen, order.freight_fen, order.buyer_note, order.seller_note)
        )  # fmt: skip
        skus = set()
        bucket, claims = (confirmed, paid) if is_paid else (reserved, held)
        if is_paid:
            parcels.append((next_parcel, consignee_id, due, now))
            key = f"{INSTALLATION}-{next_parcel}-1"
            waybills.append((next_waybill, next_parcel, key, consignee_id))
            outbox.append((key, f'{{"waybill_id": {next_waybill}}}', now, now))
        for line in order.lines:
            sku = listings[line.item_id, line.channel_sku_id]
            skus.add(sku)
            qty = line.qty
            line_rows.append(
                (line_id, order_id, line.line_no, line.item_id, line.channel_sku_id, sku, line.title, line.spec, qty,
                 qty, line.unit_price_fen)
            )  # fmt: skip
            claims.append((line_id, sku, levels[sku], qty))
            bucket[sku] = bucket.get(sku, 0) + qty
            if is_paid:
                parcel_lines.append((next_parcel, line_id, order_id, sku, qty))
            line_id += 1
        who = order.consignee
        tokens = [f"g{sku}" for sku in sorted(skus)]
        search.append(
            (order_id, " ".join([f"c{ord(ch):x}" for ch in who.name]), " ".join([*tokens, "t" + who.phone[-4:]]))
        )
        if is_paid:
            next_parcel += 1
            next_waybill += 1
        order_id += 1
    ids = range(next_order, order_id)
    cursor.executemany(
        "INSERT INTO orders (id, shop_id, order_no, customer_id, consignee_id, order_type, payment,"
        " fulfilment, after_sale,"
        " channel_status, hold_reason, channel_version, modified_at, seen_at, placed_at, paid_at,"
        " ship_by_at, amount_fen,"
        " freight_fen, buyer_note, seller_note, warehouse_id)"
        " VALUES (?, 1, ?, ?, ?, 'normal', ?, ?, 'none', ?, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
        order_rows,
    )
    cursor.executemany(
        "INSERT INTO order_line (id, order_id, line_no, item_id, channel_sku_id, sku_id, title, spec, qty, channel_qty,"
        " unit_price_fen, is_gift, after_sale, is_current) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 'none', 1)",
        line_rows,
    )
    cursor.executemany(
        "INSERT INTO channel_copy VALUES (?, ?, ?)",
        [(i, now, compress(order.raw)) for i, order in zip(ids, orders, strict=True)],
    )
    cursor.executemany("INSERT INTO order_search (rowid, name, tokens) VALUES (?, ?, ?)", search)
    _claim(cursor, levels, reserved, confirmed, now, held, paid)
    cursor.executemany(
        "INSERT INTO parcel (id, state, warehouse_id, shop_id, consignee_id, carrier_code, box_no,"
        " box_count, ship_by_at,"
        f" created_at, opened_by, fence, shipped_by) VALUES (?, 'to_pack', 1, 1, ?, '{CARRIER}', 1, 1,"
        " ?, ?, '', 0, '')",
        parcels,
    )
    cursor.executemany(
        "INSERT INTO parcel_line (parcel_id, order_line_id, order_id, sku_id, qty, verified_qty,"
        " is_confirmed_by_hand,"
        " is_withdrawn) VALUES (?, ?, ?, ?, ?, 0, 0, 0)",
        parcel_lines,
    )
    cursor.executemany(
        "INSERT INTO waybill (id, parcel_id, attempt, key, carrier_code, state, sort_code, package_centre, qr_text,"
        f" consignee_id) VALUES (?, ?, 1, ?, '{CARRIER}', 'planned', '', '', '', ?)",
        waybills,
    )
    cursor.executemany(
        "INSERT INTO outbox (kind, key, payload, state, lane, created_at, not_before_at, attempts)"
        f" VALUES ('obtain_waybill', ?, ?, 'waiting', 'waybill:{CARRIER}', ?, ?, 0) ON CONFLICT DO NOTHING",
        outbox,
    )
    journal = [
        ("order.taken", "orders", i, f'{{"shop_id": 1, "order_no": "{order.order_no}"}}')
        for i, order in zip(ids, orders, strict=True)
    ]
    facts = json.dumps({"order_ids": list(ids), "short_ids": []})
    cursor.executemany(
        "INSERT INTO journal (at, operator, desk, action, subject, subject_id, facts)"
        f" VALUES ({now}, 'clerk', 'desk-1', ?, ?, ?, ?)",
        [*journal, ("stock.reserved", "reservation", 0, facts)],
    )


def _people(
    cursor: Any,
    orders: Sequence[ChannelOrder],
    digest: Callable[[str, str], str],
    now: int,
    next_customer: int,
    next_consignee: int,
    accounts: str,
) -> list[tuple[int, int]]:
    find = (
        "SELECT buyer_key, customer_id FROM identity"
        " WHERE channel = ? AND buyer_key IN (SELECT value FROM json_each(?))"
    )
    channel = json.dumps({"channel": accounts})
    phones = [digest("phone", order.consignee.phone) for order in orders]
    known = dict(cursor.execute(find, (accounts, json.dumps([order.buyer_key for order in orders]))))
    known_phones = dict(cursor.execute(find, ("phone", json.dumps(phones))))
    customers, identities, changes, who = [], [], [], []
    for order, phone in zip(orders, phones, strict=True):
        customer_id = known.get(order.buyer_key) or known_phones.get(phone)
        if customer_id is None:
            customer_id = next_customer
            next_customer += 1
            customers.append((customer_id, now))
            changes.append((customer_id, "created", channel))
        if order.buyer_key not in known:
            known[order.buyer_key] = customer_id
            identities.append((accounts, order.buyer_key, customer_id, order.buyer_name))
            changes.append((customer_id, "identity_added", channel))
        if phone not in known_phones:
            known_phones[phone] = customer_id
            identities.append(("phone", phone, customer_id, None))
        who.append(customer_id)
    found = {
        (customer, mark): row
        for customer, mark, row in cursor.execute(
            "SELECT customer_id, digest, id FROM consignee WHERE customer_id IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(set(who))),),
        )
    }
    had_one = {customer for customer, _ in found}
    rows, result = [], []
    for order, customer_id in zip(orders, who, strict=True):
        c = order.consignee
        mark = consignee_digest(c, digest)
        row = found.get((customer_id, mark))
        if row is None:
            row = found[customer_id, mark] = next_consignee
            next_consignee += 1
            rows.append(
                (
                    row,
                    customer_id,
                    mark,
                    c.name,
                    c.phone,
                    c.province,
                    c.city,
                    c.district,
                    c.address,
                    c.postcode,
                    c.token,
                    now,
                )
            )
            kind = "consignee_changed" if customer_id in had_one else "consignee_added"
            had_one.add(customer_id)
            changes.append((customer_id, kind, f'{{"consignee_id": {row}}}'))
        result.append((customer_id, row))
    cursor.executemany("INSERT INTO customer (id, created_at) VALUES (?, ?)", customers)
    cursor.executemany(
        "INSERT INTO identity (channel, buyer_key, customer_id, buyer_name) VALUES (?, ?, ?, ?)", identities
    )
    cursor.executemany(
        "INSERT INTO consignee (id, customer_id, digest, name, phone, province, city, district,"
        " address, postcode, token,"
        " is_masked, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
        rows,
    )
    cursor.executemany(
        f"INSERT INTO customer_change (customer_id, at, operator, kind, facts) VALUES (?, {now}, 'clerk', ?, ?)",
        changes,
    )
    return result


def _claim(
    cursor: Any,
    levels: dict[int, int],
    reserved: dict[int, int],
    confirmed: dict[int, int],
    now: int,
    held: Iterable[Any],
    paid: Iterable[Any],
) -> None:
    skus = sorted(reserved.keys() | confirmed.keys())
    cursor.executemany(
        "UPDATE stock_level SET reserved_qty = reserved_qty + ?1, confirmed_qty = confirmed_qty + ?2"
        " WHERE id = ?3 AND on_hand_qty - reserved_qty - confirmed_qty - quarantined_qty >= ?1 + ?2",
        [(reserved.get(sku, 0), confirmed.get(sku, 0), levels[sku]) for sku in skus],
    )
    if cursor.rowcount != len(skus):
        raise RuntimeError("the yardstick is made for plenty of stock")
    # Times that the row has none of are not named: binding a NULL takes longer than the rest of the row.
    cursor.executemany(
        "INSERT INTO reservation (order_line_id, sku_id, level_id, qty, state, attempt, created_at, expires_at)"
        f" VALUES (?, ?, ?, ?, 'reserved', 1, {now}, {now + 900_000})",
        held,
    )
    cursor.executemany(
        "INSERT INTO reservation (order_line_id, sku_id, level_id, qty, state, attempt, created_at)"
        f" VALUES (?, ?, ?, ?, 'confirmed', 1, {now})",
        paid,
    )


def differences(ours: Any, theirs: Any) -> list[str]:
    """Tables whose rows are not the same in both files, column by column."""
    names = [
        name
        for (name,) in ours.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " AND name NOT LIKE 'order_search_%' ORDER BY name"
        )
    ]
    return [name for name in names if name != "order_search" and _rows(ours, name) != _rows(theirs, name)] + [
        f"order_search {term}" for term in _terms(ours).symmetric_difference(_terms(theirs))
    ]


def _rows(connection: Any, table: str) -> list[Any]:
    return list(connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2"))


def _terms(connection: Any) -> set[Any]:
    connection.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab(main, order_search, instance)")
    return set(connection.execute("SELECT term, doc, col, offset FROM temp.terms"))


def row_count(connection: Any) -> int:
    """Rows in all tables but the index's own."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT"
        " LIKE 'order_search_%'"
    ).fetchall()
    return sum(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in names)
