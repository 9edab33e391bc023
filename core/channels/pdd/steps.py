"""What the owner of a shop at Pinduoduo does before it answers, and what its refusals mean to them."""

from collections.abc import Mapping, Sequence
from typing import Final

from core.channels.plugin import ADDRESS_LIST, OWN_CLOUD, PERMISSION, Step

STEPS: Final[Sequence[Step]] = (
    Step(
        "在拼多多开放平台 → 控制台建一个应用，记下 client_id 和 client_secret（拼多多没有沙箱，试的就是真店）",
        "In Pinduoduo's open platform, console, make an app; note client_id and client_secret (there is no sandbox: "
        "what is tried is the real shop)",
    ),
    Step(
        "给应用申请接口权限：订单、商品、库存、售后、发货（没有权限会报代码 20031）。权限包的名称以控制台为准",
        "Apply for its permissions: orders, items, stock, after-sale, shipping (code 20031: one is missing); "
        "the console has their names",
        is_proven=False,
    ),
    Step(
        "把这台电脑的出口 IP 加进应用的 IP 白名单（不在名单里会报代码 20005）；没有固定 IP 时用中转",
        "Put this computer's public address on the app's IP list (code 20005 says that it is not on it); without a "
        "fixed one use a relay",
    ),
    Step(
        "平台要求从它的云里调用时，在云上放一个中转，接口地址填中转的地址",
        "Where the platform wants calls to come out of its own cloud, put a relay there and enter its address",
    ),
    Step(
        "在应用里登记授权回调地址，这里填一模一样的",
        "Register a redirect address for the app and enter the very same here",
    ),
    Step(
        "保存后按“授权”：只有主账号能同意，10 分钟内把地址贴回来。重新授权会让旧的授权失效",
        "Save, press Authorise: only the main account may say yes; paste the address back within 10 minutes. "
        "Authorising again ends the authorisation before",
    ),
    Step(
        "授权自动续，但不超过服务订购的期限：续订服务后要重新授权",
        "The program renews it, but not beyond the term for which the service was bought: authorise again after that",
    ),
)

MEANS: Final[Mapping[str, str]] = {
    "20005*": ADDRESS_LIST,
    "20031*": PERMISSION,
    "20035*": OWN_CLOUD,
    "30000*": PERMISSION,
    "30001*": PERMISSION,
}
