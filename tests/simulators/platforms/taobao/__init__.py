"""Taobao/Tmall's open platform (TOP) as a simulator: `/router/rest`, and the pages where an owner lets an app in."""

from tests.simulators.platforms.taobao.facts import UNPROVEN
from tests.simulators.platforms.taobao.server import App, Seller, TaobaoServer, taobao_shop

__all__ = ["UNPROVEN", "App", "Seller", "TaobaoServer", "taobao_shop"]
