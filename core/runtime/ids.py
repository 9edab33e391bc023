"""Typed row ids, so that a parcel cannot be passed where an order is meant."""

from typing import NewType

ShopId = NewType("ShopId", int)
SkuId = NewType("SkuId", int)
WarehouseId = NewType("WarehouseId", int)
LevelId = NewType("LevelId", int)
OrderId = NewType("OrderId", int)
OrderLineId = NewType("OrderLineId", int)
CustomerId = NewType("CustomerId", int)
ConsigneeId = NewType("ConsigneeId", int)
ReservationId = NewType("ReservationId", int)
ParcelId = NewType("ParcelId", int)
ParcelLineId = NewType("ParcelLineId", int)
WaybillId = NewType("WaybillId", int)
WaveId = NewType("WaveId", int)
PrintJobId = NewType("PrintJobId", int)
