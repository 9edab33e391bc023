"""Receivers in tables: masked or clear, regions out of one long address, and what may be shown of them."""

import re

from core.customers.masking import masked_address, masked_name, masked_phone

_CIPHER = re.compile(r"(?:##|\$\$)\S+|[~#]\S{20,}")
_POSTCODE = re.compile(r"[(（](\d{6})[)）]\s*$")
_PROVINCES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|"
    "广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
_PROVINCE = re.compile(rf"({_PROVINCES})(省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)?")
_CITY = re.compile(r"[\u4e00-\u9fff]{2,10}?(?:自治州|地区|盟|市)")
_DISTRICT = re.compile(r"[\u4e00-\u9fff]{1,10}?(?:自治县|自治旗|区|县|旗|市)")
_MUNICIPAL = frozenset({"北京", "天津", "上海", "重庆"})


def is_masked(*values: str) -> bool:
    """Whether the platform gave stars or a cipher in place of a person."""
    return any("*" in value or "＊" in value or _CIPHER.fullmatch(value) for value in values)


def shown(value: str) -> str:
    """What may be displayed of a value as the platform gave it: a cipher says nothing to anybody."""
    return "***" if _CIPHER.fullmatch(value) else value


def regions(address: str) -> tuple[str, str, str, str, str]:
    """Province, city, district, street and postcode of an address in one piece; empty where it does not say them."""
    postcode = ""
    found = _POSTCODE.search(address)
    if found is not None:
        postcode, address = found[1], address[: found.start()].rstrip()
    parts = address.split()
    if len(parts) > 3 and _PROVINCE.fullmatch(parts[0]):
        return parts[0], parts[1], parts[2], " ".join(parts[3:]), postcode
    if len(parts) == 3 and _PROVINCE.fullmatch(parts[0]) and _DISTRICT.match(parts[1]):
        return parts[0], parts[1], "", parts[2], postcode
    return (*_unspaced("".join(parts) if _PROVINCE.match(address) else address), postcode)


def _unspaced(address: str) -> tuple[str, str, str, str]:
    found = _PROVINCE.match(address)
    if found is None:
        return "", "", "", address
    province, rest = found[0], address[found.end() :]
    city = ""
    if found[1] in _MUNICIPAL:
        city = f"{found[1]}市"
        rest = rest.removeprefix(city)
    else:
        match = _CITY.match(rest)
        if match is not None:
            city, rest = match[0], rest[match.end() :]
    match = _DISTRICT.match(rest)
    district = match[0] if match is not None else ""
    return province, city, district, rest[len(district) :]


def masked_value(field: str, value: str) -> str:
    """What may be shown of a personal value when a row is refused for it."""
    value = value[:200]
    if field in {"phone", "other_phone"}:
        return masked_phone(value)
    if field in {"address", "street"}:
        return masked_address("", "", "", value)
    return masked_name(value)
