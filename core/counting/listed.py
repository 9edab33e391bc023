"""What the shops list, for the comparison: the newest number each platform said of its own share."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from core.channels.models import Shop
from core.counting.comparing import Listed
from core.db.sets import id_set, packed_ids
from core.inventory.quotas.models import Quota

# Only disjoint shares: where shops are told one number together, their sum says nothing.
_LISTED = (
    select(Quota.sku_id, Shop.name, Quota.listed_qty, Quota.listed_at)
    .join(Shop, Shop.id == Quota.shop_id)
    .where(Quota.sku_id.in_(id_set("sku_ids")), Quota.is_counted)
    .order_by(Quota.sku_id, Quota.shop_id)
)


def listed_numbers(connection: Connection, sku_ids: Collection[int]) -> Mapping[int, Sequence[Listed]]:
    """Each shop's number of these SKUs; a bundle's number stands under the bundle, whose stock is its components'."""
    found: defaultdict[int, list[Listed]] = defaultdict(list)
    rows: Sequence[Any] = connection.execute(_LISTED, {"sku_ids": packed_ids(set(sku_ids))}).all()
    for sku_id, shop, qty, at in rows:
        found[sku_id].append(Listed(shop, qty, at))
    return dict(found)
