"""What the owner of a WeChat shop does before it answers, and what WeChat's refusals mean to them."""

from collections.abc import Mapping, Sequence
from typing import Final

from core.channels.plugin import ADDRESS_LIST, PERMISSION, Step
from core.channels.wechat.errors import ADDRESS_NOT_LISTED

STEPS: Final[Sequence[Step]] = (
    Step(
        "在小店后台 → 服务市场 → 经营工具 → 自研，找到 AppID（wx 开头）并生成 AppSecret：它只显示一次，马上抄下来",
        "In the shop's pages, service market, self-built tools, find the AppID (it begins with wx) and make an "
        "AppSecret: it is shown once, so note it at once",
    ),
    Step(
        "在同一页把这台电脑的出口 IP 加进 IP 白名单（最多 200 个）：不在名单里的一律被拒绝；没有固定 IP 时用中转",
        "On the same page put this computer's public address on the IP list (up to 200): all others are refused; "
        "without a fixed one use a relay",
    ),
    Step(
        "把 AppID 和 AppSecret 填在这里，按“测试连接”，再保存：没有授权页，令牌由程序自己取",
        "Enter AppID and AppSecret here, try, and save: there is no page of authorising, the program fetches its "
        "token",
    ),
    Step(
        "同一个 AppID 不要再给别的软件强制刷新令牌：每天只许 20 次",
        "Let no other software force new tokens for the same AppID: 20 a day are allowed",
    ),
)

MEANS: Final[Mapping[str, str]] = {
    ADDRESS_NOT_LISTED: ADDRESS_LIST,
    **dict.fromkeys(("48001", "48004", "50001", "61007"), PERMISSION),
}
