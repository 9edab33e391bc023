"""Shops that nobody calls: no platform, so nothing is pulled, asked or told. The first page needs their names."""

from typing import Final

#: the channel of shops whose orders come in files
FILE: Final = "file"
#: the channel of the shop of orders that clerks enter themselves (手工单)
BY_HAND: Final = "hand"
#: what it is called until the owner names it
NAME: Final = "手工录单"
#: shops that nobody calls: what is entered here, what comes in files
UNCALLED: Final = frozenset({BY_HAND, FILE})
