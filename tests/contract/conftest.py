"""The adapters that must keep the channel contract: one entry per adapter in `STANDS`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.contract.mall_stand import mall_stand
from tests.support.channel_stand import ShopStand

STANDS: dict[str, Callable[[Path], AbstractContextManager[ShopStand]]] = {"mall": mall_stand}


@pytest.fixture(params=sorted(STANDS))
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ShopStand]:
    with STANDS[request.param](tmp_path) as opened:
        yield opened
