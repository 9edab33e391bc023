"""The practice carrier: numbers under the sender's own key, routing text, a balance and a limited pool."""

import hashlib

from core.practice.refusal import RefusalError, invalid
from core.practice.store import Json, Store, packed, unpacked

CARRIER_CODE = "PX"
CARRIER_NAME_ZH = "练习速运"
CARRIER_NAME_EN = "Practice Express"
_OPENING_BALANCE = 100_000
_OPENING_POOL = 1_000_000
_SERIES = 10**12

#: city -> the first segment that couriers know by heart, its telephone area code
_AREA_CODES = {
    "北京市": "010",
    "广州市": "020",
    "上海市": "021",
    "天津市": "022",
    "重庆市": "023",
    "沈阳市": "024",
    "南京市": "025",
    "武汉市": "027",
    "成都市": "028",
    "西安市": "029",
    "杭州市": "571",
    "义乌市": "579",
    "苏州市": "512",
    "深圳市": "755",
    "青岛市": "532",
    "厦门市": "592",
    "郑州市": "371",
    "长沙市": "731",
    "哈尔滨市": "451",
    "昆明市": "871",
    "南宁市": "771",
    "呼和浩特市": "471",
    "乌鲁木齐市": "991",
    "拉萨市": "891",
    "海口市": "898",
    "济南市": "531",
    "合肥市": "551",
    "福州市": "591",
    "南昌市": "791",
    "石家庄市": "311",
}


def waybill_number(serial: int) -> str:
    """PX, twelve digits and a check digit (weights 1 and 3 from the left, as on an EAN-13)."""
    digits = f"{serial % _SERIES:012d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{CARRIER_CODE}{digits}{-total % 10}"


def sort_code_of(province: str, city: str, district: str, address: str) -> str:
    """Three segments: destination, branch, courier; the same address always gives the same."""
    area = _AREA_CODES.get(city) or f"{_spread(province + city, 900) + 100}"
    letter = "ABCDEFGHJKLM"[_spread(city + district, 12)]
    branch = _spread(district + city, 99) + 1
    courier = _spread(address, 99) + 1
    return f"{area}-{letter}{branch:02d}-{courier:02d}"


def package_centre_of(province: str, city: str) -> str:
    """The centre whose bag the parcel goes into."""
    return f"{(city or province).removesuffix('市')}集包中心"


def _spread(text: str, below: int) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) % below


class PracticeCarrier:
    """One account with the practice carrier. Every verb raises `RefusalError` where the carrier says no."""

    def __init__(self, store: Store, seed: int) -> None:
        self._store = store
        self._first = _spread(f"series {seed}", 9 * 10**11) + 10**11

    @property
    def balance(self) -> int:
        """How many numbers are still paid for."""
        return self._store.number("carrier_balance", _OPENING_BALANCE)

    def set_balance(self, count: int) -> None:
        """Top up or run dry."""
        self._store.set_number("carrier_balance", count)

    def set_pool(self, count: int) -> None:
        """How many more numbers the branch has to give at all."""
        self._store.set_number("carrier_pool", count)

    def obtain(self, request: Json) -> tuple[int, Json]:
        """A number for `request["key"]`; (201, grant), or (200, grant) when it was granted before."""
        digest = hashlib.sha256(packed(request).encode()).hexdigest()
        with self._store.write():
            known = self._store.row("SELECT digest, body FROM waybill WHERE key = ?", request["key"])
            if known is not None:
                return 200, self._granted_before(digest, known)
            self._check(request)
            balance, pool = self.balance, self._store.number("carrier_pool", _OPENING_POOL)
            if balance < 1:
                raise RefusalError(409, "balance_empty", "the account has no numbers left; top it up")
            if pool < 1:
                raise RefusalError(
                    503, "pool_empty", "the branch is out of numbers", is_retryable=True, retry_after_s=60
                )
            serial = self._store.number("carrier_serial", 0)
            self._store.set_number("carrier_serial", serial + 1)
            self._store.set_number("carrier_pool", pool - 1)
            self.set_balance(balance - 1)
            grant = _grant(request, waybill_number(self._first + serial * 7))
            self._store.run(
                "INSERT INTO waybill (number, key, digest, state, body) VALUES (?, ?, ?, 'granted', ?)",
                grant["number"],
                grant["key"],
                digest,
                packed(grant),
            )
            return 201, grant

    def _granted_before(self, digest: str, known: tuple[str, str]) -> Json:
        if known[0] != digest:
            raise RefusalError(409, "key_conflict", "this key came with another content")
        grant = unpacked(known[1])
        if grant["state"] == "cancelled":
            raise RefusalError(409, "key_cancelled", "the number of this key was given back; use a new key")
        return grant

    def _check(self, request: Json) -> None:
        if request["carrier_code"] != CARRIER_CODE:
            raise RefusalError(422, "carrier_unknown", f"only {CARRIER_CODE} is served here")
        consignee = request["consignee"]
        if not consignee["address"] or not (consignee["province"] or consignee["city"]):
            raise RefusalError(422, "address_incomplete", "province or city, and an address, are needed")
        if request["weight_g"] < 0:
            raise invalid("weight_g is 0 or more")

    def find(self, key: str) -> Json:
        """The grant under a key, its `state` granted or cancelled."""
        known = self._store.row("SELECT body FROM waybill WHERE key = ?", key)
        if known is None:
            raise RefusalError(404, "waybill_not_found", "nothing was granted under this key")
        return unpacked(known[0])

    def cancel(self, number: str) -> Json:
        """Take a number back; again is no error, and pays back once."""
        with self._store.write():
            known = self._store.row("SELECT body FROM waybill WHERE number = ?", number)
            if known is None:
                raise RefusalError(404, "waybill_not_found", "no such number")
            grant = unpacked(known[0])
            if grant["state"] != "cancelled":
                grant["state"] = "cancelled"
                self._store.run(
                    "UPDATE waybill SET state = 'cancelled', body = ? WHERE number = ?", packed(grant), number
                )
                self.set_balance(self.balance + 1)
            return grant

    def live_numbers(self) -> frozenset[str]:
        """Every number granted and not given back: what a test counts on the carrier's side."""
        return frozenset(row[0] for row in self._store.rows("SELECT number FROM waybill WHERE state = 'granted'"))


def _grant(request: Json, number: str) -> Json:
    place = request["consignee"]
    sort_code = sort_code_of(place["province"], place["city"], place["district"], place["address"])
    return {
        "key": request["key"],
        "carrier_code": CARRIER_CODE,
        "number": number,
        "state": "granted",
        "sort_code": sort_code,
        "package_centre": package_centre_of(place["province"], place["city"]),
        "qr_text": f"{number}|{sort_code}",
    }
