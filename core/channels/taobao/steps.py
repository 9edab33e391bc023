"""What the owner of a shop at Taobao or Tmall does before it answers, and what its refusals mean to them.

The facts are of the platform's documents; what no document at hand says is marked, and nobody could try it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from core.channels.plugin import ADDRESS_LIST, CLOCKS, DAY_QUOTA, PERMISSION, Step
from core.channels.taobao.errors import CLOCK

STEPS: Final[Sequence[Step]] = (
    Step(
        "在淘宝开放平台控制台建一个自有应用，类型选商家后台系统、ERP 或进销存一类："
        "订单接口只对这些类型开放，一般要企业主体",
        "In the open platform's console make an app of your own, of a type such as a merchant's back office, ERP or "
        "inventory: orders are open to those only, and as a rule to companies",
    ),
    Step(
        "给应用申请权限包：订单、商品与库存、退款、物流发货。缺哪个包，对应的功能会报“没有权限”",
        "Apply for its packages: orders, items and stock, refunds, shipping. Without one of them what needs it is "
        "refused",
    ),
    Step(
        "在控制台登记回调地址，这里填一模一样的（协议、域名、路径都要相同）",
        "Register a redirect address in the console and enter the very same here: scheme, host and path",
    ),
    Step(
        "回调地址能否用本机地址（localhost）：不行时填自己的任意网页，授权后从浏览器地址栏复制即可",
        "Whether an address of this computer (localhost) is accepted as redirect address: if not, any page "
        "of your own does; the code is copied from the browser's address line",
        is_proven=False,
    ),
    Step(
        "把这台电脑的出口 IP 加进应用的 IP 白名单；没有固定 IP 时用中转，接口地址填中转的地址",
        "Put this computer's public address on the app's IP list; without a fixed one use a relay and enter "
        "its address",
        is_proven=False,
    ),
    Step(
        "把 AppKey、AppSecret 和回调地址填在这里，保存，然后按“授权”："
        "用店铺主账号在打开的页面上同意，30 分钟内把地址贴回来",
        "Enter app key, app secret and redirect address here, save, press Authorise: say yes on the page with the "
        "shop's main account, and paste the address back within 30 minutes",
    ),
    Step(
        "自有应用的授权到期不能自动续，要按倒计时重新授权；还没有应用时，先用“导入导出”页导入千牛导出的订单表",
        "A shop's own app cannot renew its authorisation: do it again before the countdown ends. Without an app, "
        "import the order tables on the page Files",
    ),
)

MEANS: Final[Mapping[str, str]] = {
    "isv.permission-ip-whitelist*": ADDRESS_LIST,
    "isv.permission*": PERMISSION,
    "11": PERMISSION,
    "12": PERMISSION,
    "13": PERMISSION,
    "accesscontrol.limited-by-app-access-count": DAY_QUOTA,
    CLOCK: CLOCKS,
}
