"""WooCommerce's codes of China's provinces, as its list of states has them; addresses carry the code, no name."""

from collections.abc import Mapping
from typing import Final

_NAMES: Final = (
    "云南省 北京市 天津市 河北省 山西省 内蒙古自治区 辽宁省 吉林省 黑龙江省 上海市 江苏省 浙江省 安徽省 福建省 "
    "江西省 山东省 河南省 湖北省 湖南省 广东省 广西壮族自治区 海南省 重庆市 四川省 贵州省 陕西省 甘肃省 青海省 "
    "宁夏回族自治区 "
    "澳门特别行政区 西藏自治区 新疆维吾尔自治区"
)
PROVINCES: Final[Mapping[str, str]] = {f"CN{number}": name for number, name in enumerate(_NAMES.split(), 1)}


def province_of(state: str) -> str:
    """The name of a province; what is no code of the list stands as it was typed."""
    return PROVINCES.get(state.strip().upper(), state.strip())
