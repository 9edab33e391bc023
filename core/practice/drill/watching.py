"""What looks for trouble while a sale is played: what looks for it on every other day."""

from collections.abc import Sequence
from typing import Final

from core.inventory.quotas.watches import exposed_watch, quota_watch
from core.orders.watches import orders_short
from core.runtime.standing import Watch

WATCHES: Final[Sequence[Watch]] = (orders_short, exposed_watch, quota_watch)
