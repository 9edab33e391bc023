"""What the owner of a WooCommerce does before it answers, and what its refusals mean to them."""

from collections.abc import Mapping, Sequence
from typing import Final

from core.channels.plugin import CURRENCY, FIREWALL, KEY_RIGHTS, MOVED, NO_SHOP, Step

STEPS: Final[Sequence[Step]] = (
    Step(
        "商城要有 WooCommerce 5.8 或更新的版本，网址要能用 https 打开",
        "The shop needs WooCommerce 5.8 or newer, and its address must open with https",
    ),
    Step(
        "WordPress 后台 → 设置 → 固定链接：选“朴素”以外的任意一种；不能改的，勾选下面的“固定链接为朴素”",
        "WordPress, Settings, Permalinks: any but Plain; where that cannot be changed, tick Plain permalinks below",
    ),
    Step(
        "WooCommerce → 设置 → 高级 → REST API → 添加密钥：用户选管理员或商店经理，权限选“读/写”",
        "WooCommerce, Settings, Advanced, REST API, Add key: for an administrator or shop manager, Read/Write",
    ),
    Step(
        "把 consumer key（ck_…）和 consumer secret（cs_…）填到这里；secret 只显示这一次",
        "Enter the consumer key (ck_…) and consumer secret (cs_…) here; the secret is shown this once only",
    ),
    Step(
        "商城货币是人民币（WooCommerce → 设置 → 常规）；其他币种的订单会先拦下",
        "The shop sells in yuan (WooCommerce, Settings, General); orders in other currencies are held",
    ),
    Step(
        "WooCommerce → 设置 → 产品 → 库存：“保留库存”填分钟数（默认 60）。留空的话没付款的订单会一直占着货",
        "WooCommerce, Settings, Products, Inventory: Hold stock in minutes (60 as it comes). Left empty, orders that "
        "nobody pays keep their goods for ever",
    ),
    Step(
        "密钥填对了仍说不被接受：主机可能把验证头去掉了，勾选“签名放在网址里”再试",
        "The key is right and still not accepted: the host may drop the header; tick Sign in the address, try again",
    ),
    Step(
        "前面有防火墙或安全插件的，放行这台电脑的出口 IP 访问 /wp-json/wc/",
        "Where a firewall or security plugin stands before it, let this computer's public address at /wp-json/wc/",
        is_proven=False,
    ),
    Step(
        "想让买家看到物流单号：装 Shipment Tracking 或 Advanced Shipment Tracking 插件；没装时单号写进给买家的备注",
        "For tracking numbers on the buyer's page install Shipment Tracking or Advanced Shipment Tracking; without "
        "one the number goes into a note to the buyer",
        is_proven=False,
    ),
)

MEANS: Final[Mapping[str, str]] = {
    "woocommerce_rest_cannot_*": KEY_RIGHTS,
    "woocommerce_rest_authentication_error/read_only": KEY_RIGHTS,
    "rest_forbidden*": FIREWALL,
    "page.401": FIREWALL,
    "page.403": FIREWALL,
    "page.404": NO_SHOP,
    "rest_no_route": NO_SHOP,
    "http.redirect": MOVED,
    "currency": CURRENCY,
}
