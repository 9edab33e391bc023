"""What the owner of a shop at JD does before it answers, and what JD's refusals mean to them."""

from collections.abc import Mapping, Sequence
from typing import Final

from core.channels.jd.errors import CLOCK
from core.channels.plugin import ADDRESS_LIST, CLOCKS, OWN_CLOUD, PERMISSION, Step

STEPS: Final[Sequence[Step]] = (
    Step(
        "在京东宙斯开放平台 → 应用管理建一个自有应用，记下 AppKey 和 AppSecret",
        "In JD's open platform, application management, make an app of your own; note its app key and app secret",
    ),
    Step(
        "给应用申请接口权限：订单、商品、库存、售后、出库发货。权限包的名称以控制台为准",
        "Apply for its abilities: orders, items, stock, after-sale, shipping; the console has their names",
        is_proven=False,
    ),
    Step(
        "把这台电脑的出口 IP 加进应用的 IP 名单（不在名单里会报代码 80）",
        "Put this computer's public address on the app's list (code 80 says that it is not on it)",
    ),
    Step(
        "有的接口京东只在京东云里回答（代码 73）：在京东云上放一个中转，接口地址填中转的地址",
        "Some calls JD answers only in its own cloud (code 73): put a relay there and enter its address",
    ),
    Step(
        "在应用里登记回调地址，这里填一模一样的",
        "Register a redirect address for the app and enter the very same here",
    ),
    Step(
        "保存后按“授权”，用店铺主账号同意，把浏览器地址栏的内容贴回来",
        "Save, press Authorise, say yes with the shop's main account, and paste the browser's address back",
    ),
    Step(
        "授权页的地址；若打不开，在“授权页地址”里改成控制台给出的",
        "The address of the page of authorising: if it does not open, enter the one that the console names",
        is_proven=False,
    ),
    Step(
        "测试状态的应用授权只有 24 小时，上线后一年，到期前程序自动续",
        "An app in its test state is let in for 24 hours, one that is online for a year; the program renews it",
    ),
)

MEANS: Final[Mapping[str, str]] = {
    "73": OWN_CLOUD,
    "80": ADDRESS_LIST,
    CLOCK: CLOCKS,
    **dict.fromkeys(("14", "15", "23", "24", "25", "28", "64", "71", "72", "74", "75", "77", "88", "89"), PERMISSION),
}
