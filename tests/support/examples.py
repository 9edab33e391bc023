"""How many examples a machine over a whole database plays: few with every change, many in a long run."""

from typing import Final

from hypothesis import settings

#: more than this is asked for by a long run alone (`HYPOTHESIS_PROFILE=night`)
_LONG_RUN: Final = 500
_LONGER: Final = 20


def so_many(most: int) -> int:
    """Examples of which each is hundreds of transactions: `most` with every change, twenty times as many at night."""
    asked = settings().max_examples
    return min(asked, most * _LONGER) if asked > _LONG_RUN else min(asked, most)
