"""The adapters that must keep the channel contract: one entry per adapter, simulated platforms in `PLATFORMS`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.contract.douyin_stand import douyin_stand
from tests.contract.jd_stand import jd_stand
from tests.contract.mall_stand import mall_stand
from tests.contract.medusa_stand import medusa_stand
from tests.contract.pdd_stand import pdd_stand
from tests.contract.platform_stand import PlatformStand
from tests.contract.taobao_stand import taobao_stand, tmall_stand
from tests.contract.wechat_stand import wechat_stand
from tests.contract.woo_stand import woo_stand, woo_tls_stand
from tests.support.channel_stand import ShopStand

#: in front of a simulator of `tests.simulators.platforms`
PLATFORMS: dict[str, Callable[[Path], AbstractContextManager[PlatformStand]]] = {
    "taobao": taobao_stand,
    "tmall": tmall_stand,
    "jd": jd_stand,
    "pdd": pdd_stand,
    "douyin": douyin_stand,
    "wechat": wechat_stand,
    "woocommerce": woo_stand,
    "woocommerce-tls": woo_tls_stand,
    "medusa": medusa_stand,
}

STANDS: dict[str, Callable[[Path], AbstractContextManager[ShopStand]]] = {"mall": mall_stand, **PLATFORMS}


@pytest.fixture(params=sorted(STANDS))
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ShopStand]:
    with STANDS[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture(params=sorted(PLATFORMS))
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PlatformStand]:
    with PLATFORMS[request.param](tmp_path) as opened:
        yield opened
