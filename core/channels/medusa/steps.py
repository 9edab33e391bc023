"""What the owner of a shop on Medusa does before it answers, and what its refusals mean to them."""

from collections.abc import Mapping, Sequence
from typing import Final

from core.channels.medusa.errors import FORBIDDEN
from core.channels.plugin import PERMISSION, Step

STEPS: Final[Sequence[Step]] = (
    Step(
        "在 Medusa 后台 → 设置 → Secret API Keys 新建一个密钥：它只显示一次，马上抄下来（sk_ 开头）",
        "In Medusa's admin pages, settings, secret API keys, make a key: it is shown once, so note it at once (it "
        "begins with sk_)",
    ),
    Step(
        "填 Medusa 服务器的网址（后台地址去掉 /app），不是前台商城的网址；外网地址必须是 https",
        "Enter the address of the Medusa server (that of the admin pages without /app), not the storefront's; "
        "outside the local network it must be https",
    ),
    Step(
        "不能建密钥时，也可以填一个管理员的邮箱和密码；改了密码要来这里重填",
        "Where no key can be made, an administrator's e-mail address and password do as well; enter them again when "
        "the password changes",
    ),
    Step(
        "有多个发货地点时，在设置 → Locations 里打开要同步的那个，把网址里 sloc_ 开头的编号填在这里",
        "With several locations open the one to be synced under settings, locations, and enter the id in its "
        "address; it begins with sloc_",
    ),
    Step(
        "买家留言由前台商城写在订单的 metadata 里：把它用的名称填在这里，不填就看不到留言",
        "What buyers write is put into the order's metadata by the storefront: enter the name it uses, or no notes "
        "are seen",
    ),
    Step(
        "付款只授权、发货时才收款的商城，勾选“已授权就算已付款”；否则订单要等收款后才能打包",
        "Where payments are only authorised and captured when the parcel leaves, tick that authorised counts as "
        "paid; else orders wait for the capture",
    ),
    Step(
        "发完货的订单请在 Medusa 里标为已完成（Complete）：没标的每次都要重读，会拖慢商城",
        "Mark orders that were sent as completed in Medusa: all others are read again each time, which slows the "
        "shop",
    ),
)

MEANS: Final[Mapping[str, str]] = {FORBIDDEN: PERMISSION}
