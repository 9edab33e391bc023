"""Stock of the simulated Medusa: inventory items with a level a location, and what is set aside by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulators.platforms.medusa_facts import (
    INVENTORY_FIELDS,
    LEVEL_FIELDS,
    LEVELS_TO_PAGE,
    RESERVATION_FIELDS,
    ROWS_TO_PAGE,
)
from tests.simulators.platforms.medusa_parts import inventory_id
from tests.simulators.platforms.medusa_stockroom import Reservation, Stockroom
from tests.simulators.platforms.medusa_wire import (
    Query,
    SaysNoError,
    body_of,
    checked,
    chosen,
    fits,
    listed,
    query_of,
    stamp,
    times,
    within,
)
from tests.simulators.platforms.server import Answer, Call, json_answer
from tests.simulators.platforms.shop import Goods

_LEVEL = "inventory_item_id:string location_id:string"
_NUMBERS = "stocked_quantity:number incoming_quantity:number"


class StockDesk:
    """The calls about stock. Every method is called with the shop's lock held."""

    def __init__(self, shop: Stockroom) -> None:
        self._shop = shop
        self._since = shop.now()

    def inventory(self, call: Call) -> Answer:
        """`GET /admin/inventory-items`."""
        names = "q id sku origin_country mid_code hs_code material requires_shipping weight location_levels"
        query = query_of(call, names, ROWS_TO_PAGE)
        rows = [self.row(goods) for goods in self._counted()]
        return listed(
            "inventory_items", [row for row in rows if fits(row, query, "id", "sku")], query, INVENTORY_FIELDS
        )

    def inventory_item(self, call: Call, no: str) -> Answer:
        """`GET /admin/inventory-items/:id`."""
        return self._shown_item(self._goods(no), query_of(call, "", 1))

    def levels(self, call: Call, no: str) -> Answer:
        """`GET /admin/inventory-items/:id/location-levels`: an unknown item has none."""
        query = query_of(call, "location_id", LEVELS_TO_PAGE)
        goods = [one for one in self._counted() if inventory_id(one.sku_id) == no]
        found = [row for one in goods for row in self._levels(one) if fits(row, query, "location_id")]
        return listed("inventory_levels", found, query, LEVEL_FIELDS)

    def write_level(self, call: Call, no: str, location_id: str) -> Answer:
        """`POST /admin/inventory-items/:id/location-levels/:location`: what lies there, reserved or not."""
        query = query_of(call, "", 1)
        body = body_of(call, optional=_NUMBERS)
        _check_numbers(body)
        self._check_level(no, location_id)
        self._write(no, location_id, body)
        return self._shown_item(self._goods(no), query)

    def add_level(self, call: Call, no: str) -> Answer:
        """`POST /admin/inventory-items/:id/location-levels`: the goods are kept at one more place."""
        query = query_of(call, "", 1)
        body = body_of(call, "location_id:string", _NUMBERS)
        _check_numbers(body)
        goods = self._goods(no)
        if body["location_id"] not in self._shop.locations:
            raise SaysNoError("not_found", f"Stock locations with ids: {body['location_id']} was not found")
        self._shop.elsewhere[goods.sku_id, body["location_id"]] = int(body.get("stocked_quantity", 0))
        return self._shown_item(goods, query)

    def write_levels(self, call: Call) -> Answer:
        """`POST /admin/inventory-items/location-levels/batch`: all of it or nothing."""
        body = body_of(call, optional="create:array update:array delete:array force:boolean")
        changes = [
            checked(raw, _LEVEL, _NUMBERS, path=["update", place], is_strict=False)
            for place, raw in enumerate(body.get("update", []))
        ]
        for change in changes:
            _check_numbers(change)
            self._check_level(change["inventory_item_id"], change["location_id"])
        for change in changes:
            self._write(change["inventory_item_id"], change["location_id"], change)
        rows = [self._level(self._goods(one["inventory_item_id"]), one["location_id"]) for one in changes]
        return json_answer({"created": [], "updated": rows, "deleted": []})

    def _write(self, no: str, location_id: str, body: Mapping[str, Any]) -> None:
        if "stocked_quantity" in body:
            self._shop.restock(self._goods(no).sku_id, location_id, int(body["stocked_quantity"]))

    def _check_level(self, no: str, location_id: str) -> None:
        goods = {inventory_id(one.sku_id): one for one in self._counted()}.get(no)
        if goods is None or self._shop.stocked(goods.sku_id, location_id) is None:
            raise SaysNoError("not_found", f"Item {no} is not stocked at location {location_id}")

    def _shown_item(self, goods: Goods, query: Query) -> Answer:
        return json_answer({"inventory_item": chosen(self.row(goods), query.fields, INVENTORY_FIELDS)})

    def _counted(self) -> Sequence[Goods]:
        return [goods for goods in self._shop.goods.values() if goods.sku_id not in self._shop.uncounted]

    def _goods(self, no: str) -> Goods:
        for goods in self._counted():
            if inventory_id(goods.sku_id) == no:
                return goods
        raise SaysNoError("not_found", f"Inventory item with id: {no} was not found")

    def row(self, goods: Goods) -> dict[str, Any]:
        """An inventory item with its levels."""
        levels = self._levels(goods)
        return {
            "id": inventory_id(goods.sku_id),
            "sku": goods.code or None,
            "title": goods.spec or "Default variant",
            "description": None,
            "thumbnail": None,
            "requires_shipping": True,
            "weight": None,
            "metadata": None,
            "stocked_quantity": sum(level["stocked_quantity"] for level in levels),
            "reserved_quantity": sum(level["reserved_quantity"] for level in levels),
            **times(self._since),
            "location_levels": levels,
        }

    def _levels(self, goods: Goods) -> list[dict[str, Any]]:
        places = self._shop.locations
        return [self._level(goods, no) for no in places if self._shop.stocked(goods.sku_id, no) is not None]

    def _level(self, goods: Goods, location_id: str) -> dict[str, Any]:
        stocked = self._shop.stocked(goods.sku_id, location_id) or 0
        reserved = self._shop.reserved(goods.sku_id, location_id)
        return {
            "id": f"ilev_{goods.sku_id[8:]}{location_id[-4:]}",
            "inventory_item_id": inventory_id(goods.sku_id),
            "location_id": location_id,
            "stocked_quantity": stocked,
            "reserved_quantity": reserved,
            "incoming_quantity": 0,
            "available_quantity": stocked - reserved,
            "metadata": None,
            **times(self._since),
        }

    # --- reservations ------------------------------------------------------------------------------------------------

    def reservations(self, call: Call) -> Answer:
        """`GET /admin/reservations`."""
        names = "q location_id inventory_item_id line_item_id created_by description quantity created_at updated_at"
        query = query_of(call, f"{names} deleted_at", ROWS_TO_PAGE)
        is_created, is_updated = within(query, "created_at"), within(query, "updated_at")
        found = [
            self._reservation(one)
            for one in self._shop.reservations.values()
            if is_created(one.at) and is_updated(one.changed_at)
        ]
        wanted = [row for row in found if fits(row, query, *names.split()[1:4])]
        return listed("reservations", wanted, query, RESERVATION_FIELDS)

    def reservation(self, call: Call, no: str) -> Answer:
        """`GET /admin/reservations/:id`."""
        return self._shown_reservation(self._found(no), query_of(call, "", 1))

    def reserve(self, call: Call) -> Answer:
        """`POST /admin/reservations`."""
        query = query_of(call, "", 1)
        body = body_of(
            call,
            "location_id:string inventory_item_id:string quantity:number",
            nullable="line_item_id:string description:string metadata:object",
        )
        item_no, location_id, qty = body["inventory_item_id"], body["location_id"], int(body["quantity"])
        self._check_level(item_no, location_id)
        goods = self._goods(item_no)
        self._check_available(goods, location_id, qty)
        one = self._shop.reserve(goods.sku_id, location_id, qty, body.get("line_item_id"))
        one.description, one.metadata = body.get("description"), body.get("metadata")
        return self._shown_reservation(one, query)

    def change_reservation(self, call: Call, no: str) -> Answer:
        """`POST /admin/reservations/:id`: its units, its words."""
        query = query_of(call, "", 1)
        body = body_of(
            call, optional="location_id:string quantity:number", nullable="description:string metadata:object"
        )
        one = self._found(no)
        if body.get("location_id", one.location_id) != one.location_id:
            raise SaysNoError("not_allowed", "the simulator moves no reservation between locations")
        qty = int(body.get("quantity", one.qty))
        self._check_available(self._shop.goods[one.sku_id], one.location_id, max(0, qty - one.qty))
        self._shop.change_reservation(one, qty)
        one.description, one.metadata = (body.get(name, getattr(one, name)) for name in ("description", "metadata"))
        return self._shown_reservation(one, query)

    def release(self, call: Call, no: str) -> Answer:
        """`DELETE /admin/reservations/:id`: what is gone goes again."""
        del call
        self._shop.release(no)
        return json_answer({"id": no, "object": "reservation", "deleted": True})

    def _check_available(self, goods: Goods, location_id: str, qty: int) -> None:
        if self._shop.available(goods.sku_id, location_id) < qty:
            where = f"item {inventory_id(goods.sku_id)} at location {location_id}"
            raise SaysNoError("not_allowed", f"Not enough stock available for {where}")

    def _found(self, no: str) -> Reservation:
        found = self._shop.reservations.get(no)
        if found is None:
            raise SaysNoError("not_found", f"Reservation with id: {no} was not found")
        return found

    def _shown_reservation(self, one: Reservation, query: Query) -> Answer:
        return json_answer({"reservation": chosen(self._reservation(one), query.fields, RESERVATION_FIELDS)})

    def _reservation(self, one: Reservation) -> dict[str, Any]:
        goods = self._shop.goods[one.sku_id]
        item = {"id": inventory_id(one.sku_id), "sku": goods.code or None, "title": goods.title}
        return {
            "id": one.no,
            "location_id": one.location_id,
            "inventory_item_id": item["id"],
            "quantity": one.qty,
            "line_item_id": one.line_no,
            "description": one.description,
            "metadata": one.metadata,
            "created_at": stamp(one.at),
            "updated_at": stamp(one.changed_at),
            "inventory_item": item,
        }


def _check_numbers(body: Mapping[str, Any]) -> None:
    for name in ("stocked_quantity", "incoming_quantity"):
        if body.get(name, 0) < 0:
            message = f"Invalid request: Value for field '{name}' too small, expected at least: '0'"
            raise SaysNoError("invalid_data", message)
