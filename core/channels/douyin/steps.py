"""What the owner of a Douyin shop does before it answers, and what Douyin's refusals mean to them."""

from collections.abc import Mapping, Sequence
from typing import Final

from core.channels.douyin.errors import CLOCK_SKEW
from core.channels.plugin import ADDRESS_LIST, CLOCKS, PERMISSION, Step

STEPS: Final[Sequence[Step]] = (
    Step(
        "在抖店开放平台建一个自用型应用，记下 App Key 和 App Secret",
        "In Douyin's open platform make an app of your own; note its App Key and App Secret",
    ),
    Step(
        "给应用申请接口权限：订单、商品、库存、售后、物流（没有权限会报代码 30001）。权限包的名称以控制台为准",
        "Apply for its permissions: orders, items, stock, after-sale, shipping (code 30001: one is missing); "
        "the console has their names",
        is_proven=False,
    ),
    Step(
        "把这台电脑的出口 IP 加进应用的 IP 白名单（不在名单里会报代码 30002）；没有固定 IP 时用中转",
        "Put this computer's public address on the app's IP list (code 30002 says that it is not on it); without a "
        "fixed one use a relay",
    ),
    Step(
        "自用型应用：再填店铺 ID，保存后按“测试连接”就行，没有授权页，令牌由程序自己取",
        "An app of your own: enter the shop's id too and save; there is no page of authorising, the program fetches "
        "its token by itself",
    ),
    Step(
        "服务商的工具型应用：填服务 ID 和授权回调地址，保存后按“授权”，10 分钟内把地址贴回来；令牌七天，程序自动续",
        "An app of a service: enter its service id and redirect address, save, press Authorise and paste the address "
        "back within 10 minutes; its token lives for seven days and the program renews it",
    ),
)

MEANS: Final[Mapping[str, str]] = {"30001*": PERMISSION, "30002*": ADDRESS_LIST, CLOCK_SKEW: CLOCKS}
