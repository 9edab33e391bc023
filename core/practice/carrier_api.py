"""The practice carrier's `/carrier/v1` over HTTP."""

from core.practice.carrier import CARRIER_CODE, PracticeCarrier
from core.practice.refusal import RefusalError
from core.practice.store import Json
from core.practice.web import Answer, Body, Request, Router, json_answer

_LARGEST_KEY = 64


class CarrierApi:
    """Routes and field checks; the rules live in `PracticeCarrier`."""

    def __init__(self, carrier: PracticeCarrier) -> None:
        self._carrier = carrier

    def add_to(self, router: Router) -> None:
        """Register the endpoints."""
        router.add("POST", "/carrier/v1/waybills", self._obtain)
        router.add("GET", "/carrier/v1/waybills", self._find)
        router.add("POST", "/carrier/v1/waybills/{}/cancel", self._cancel)
        router.add("GET", "/carrier/v1/account", self._account)

    def _obtain(self, request: Request) -> Answer:
        request.query()
        body = request.json()
        wish: Json = {
            "key": _key_of(body.text("key")),
            "carrier_code": body.text("carrier_code"),
            "sender": _party_of(body.child("sender")),
            "consignee": _party_of(body.child("consignee")),
            "weight_g": body.whole("weight_g"),
            "goods": [_goods_of(child) for child in body.children("goods")],
            "note": body.text("note", ""),
        }
        body.close()
        status, grant = self._carrier.obtain(wish)
        return json_answer(status, grant)

    def _find(self, request: Request) -> Answer:
        return json_answer(200, self._carrier.find(_key_of(request.query("key").get("key", ""))))

    def _cancel(self, request: Request, number: str) -> Answer:
        request.query()
        return json_answer(200, self._carrier.cancel(number))

    def _account(self, request: Request) -> Answer:
        request.query()
        return json_answer(200, {"carrier_code": CARRIER_CODE, "balance": self._carrier.balance})


def _key_of(key: str) -> str:
    if not 1 <= len(key) <= _LARGEST_KEY:
        raise RefusalError(400, "bad_key_field", f"key has 1 to {_LARGEST_KEY} characters")
    return key


def _party_of(body: Body) -> Json:
    names = ("name", "phone", "province", "city", "district", "address", "postcode", "token")
    party = {name: body.text(name, "") for name in names}
    body.close()
    return party


def _goods_of(body: Body) -> Json:
    goods = {"title": body.text("title"), "qty": body.whole("qty")}
    body.close()
    return goods
