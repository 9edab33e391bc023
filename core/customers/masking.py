"""How personal values are shown on screen: enough to tell two receivers apart, too little to call one."""

import re

_UNIT = re.compile(r"[0-9０-９一二三四五六七八九十百A-Za-z-]+\s*(?:号楼|单元|栋|幢|座|室|户|层|楼|号|#).*$")


def masked_name(name: str) -> str:
    """The first character and stars: `张*`, `欧**`."""
    name = name.strip()
    return name[:1] + "*" * min(max(len(name) - 1, 1), 3) if name else ""


def masked_phone(phone: str) -> str:
    """At least six digits hidden: `138******78` (GB/T 41833-2022); extensions of virtual numbers stay.

    What holds no digit is no number but some other way to reach a person, and is masked as a name.
    """
    digits = sum(ch.isdigit() for ch in phone)
    if "*" in phone:
        return phone
    if digits == 0:
        return masked_name(phone)
    keep_head = 3 if digits >= 11 else 0
    keep_tail = 2 if digits >= 8 else 0
    seen, out = 0, []
    for ch in phone:
        if ch.isdigit():
            seen += 1
            out.append(ch if seen <= keep_head or seen > digits - keep_tail else "*")
        else:
            out.append(ch)
    return "".join(out)


def masked_address(province: str, city: str, district: str, address: str) -> str:
    """Region in clear, the street without house, unit and room."""
    street = _UNIT.sub("***", address)
    if street == address and address:
        street = address[: max(2, len(address) // 3)] + "***"
    return " ".join(part for part in (province, city, district, street) if part)
