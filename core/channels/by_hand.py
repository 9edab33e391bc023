"""The shop of orders that clerks enter themselves (手工单): no platform, so nothing is pulled, asked or told."""

from typing import Final

from core.channels.contract import FILE

#: `shop.channel` of that shop
BY_HAND: Final = "hand"
#: what it is called until the owner names it
NAME: Final = "手工录单"
#: shops that nobody calls: what is entered here, what comes in files
UNCALLED: Final = frozenset({BY_HAND, FILE})
