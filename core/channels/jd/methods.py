"""JD's methods by what we want of them: JD retires some, and some apps are given others of the same kind."""

from typing import Final

#: orders whose receiver comes as ciphertext, which is what JD's waybill services take
SEARCH_ORDERS: Final = "jingdong.pop.order.enSearch"
GET_ORDER: Final = "jingdong.pop.order.enGet"
UNPAID_ORDERS: Final = "jingdong.pop.order.notPayOrderInfo"
SHIP: Final = "jingdong.pop.order.shipment"
WRITE_NOTE: Final = "jingdong.pop.order.modifyVenderRemark"
CARRIERS: Final = "jingdong.delivery.logistics.get"
SHOP: Final = "jingdong.vender.shop.query"
REFUNDS: Final = "jingdong.pop.afs.soa.refundapply.queryPageList"
SERVICES: Final = "jingdong.asc.serviceAndRefund.view"
READ_STOCK: Final = "jingdong.stock.read.findSkuStock"
SET_STOCK: Final = "jingdong.stock.write.updateSkuStock"
ADD_STOCK: Final = "jingdong.stock.write.increaseSkuStock"
LIST_SKUS: Final = "jingdong.sku.read.searchSkuList"
UP_OR_DOWN: Final = "jingdong.ware.write.upOrDown"

#: everything we use of an order; JD refuses a search that names nothing
ORDER_FIELDS: Final = ",".join(
    (
        "orderId",
        "venderId",
        "orderType",
        "payType",
        "orderTotalPrice",
        "orderSellerPrice",
        "orderPayment",
        "freightPrice",
        "sellerDiscount",
        "balanceUsed",
        "orderState",
        "orderStateRemark",
        "orderRemark",
        "venderRemark",
        "orderStartTime",
        "paymentConfirmTime",
        "modified",
        "orderEndTime",
        "parentOrderId",
        "directParentOrderId",
        "storeOrder",
        "storeId",
        "idSopShipmenttype",
        "scDT",
        "waybill",
        "logisticsId",
        "open_id_buyer",
        "orderSign",
        "pauseBizInfo",
        "couponDetailList",
        "itemInfoList",
        "consigneeInfo",
    )
)
