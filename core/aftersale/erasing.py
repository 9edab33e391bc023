"""Taking out of cases what tells who a buyer is."""

from sqlalchemy import select, update

from core.aftersale.models import AfterSaleCase, AfterSaleCopy
from core.db.unit_of_work import UnitOfWork
from core.orders.intake import compress
from core.orders.models import Order


def forget_reasons(uow: UnitOfWork, customer_id: int) -> None:
    """Empty what a customer wrote and what the platform told of them; numbers, states and money stay."""
    theirs = (
        select(AfterSaleCase.id)
        .join(Order, (Order.shop_id == AfterSaleCase.shop_id) & (Order.order_no == AfterSaleCase.order_no))
        .where(Order.customer_id == customer_id)
    )
    ids = [row.id for row in uow.rows(theirs)]
    if ids:
        uow.execute(update(AfterSaleCopy).where(AfterSaleCopy.case_id.in_(ids)).values(body=compress({})))
        uow.execute(update(AfterSaleCase).where(AfterSaleCase.id.in_(ids)).values(reason=""))
        uow.changed("after_sale_case", *ids)
