"""What is decided once for a shop, at its first start: who sends; and whether anything has been decided yet."""

from sqlalchemy import select

from core.access.gate import OPEN, declares, needs
from core.access.models import Operator
from core.access.rights import Right
from core.channels.models import Shop
from core.db.unit_of_work import Store
from core.orders.entering import as_consignee, check_receiver
from core.orders.entry_records import EnteredReceiver
from core.runtime.errors import Refused
from core.waybills.accounts import house_sender, keep_house_sender
from core.waybills.contract import Sender


class SetUp:
    """The shop's own side of a first start; what belongs to one desk alone stands in that desk's file."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @declares(OPEN)
    def is_new(self) -> bool:
        """Whether this database has neither a shop nor anybody who signs in: nobody has set it up yet."""
        return self._store.read(
            lambda connection: all(
                connection.execute(select(model.id).limit(1)).first() is None for model in (Shop, Operator)
            )
        )

    @needs(Right.CHANGE_SETTINGS)
    def sender(self) -> Sender | None:
        """Who sends, in clear; None while nobody has said it."""
        return self._store.read(house_sender)

    @needs(Right.CHANGE_SETTINGS)
    def keep_sender(self, sender: Sender) -> None:
        """Print this as the sender on the labels of every carrier we ask for numbers ourselves, from the next on.

        Raises:
            Refused: `sender.field_bad`, a parcel could not come back to this address; facts hold `field`.
        """
        names = Sender.__slots__
        entered = EnteredReceiver(**{name: getattr(sender, name) for name in names})
        try:
            check_receiver(entered)
        except Refused as error:
            raise Refused("sender.field_bad", f"the sender: {error}", field=error.facts["field"]) from error
        clean = as_consignee(entered)
        kept = Sender(**{name: getattr(clean, name) for name in names})
        self._store.write(lambda uow: keep_house_sender(uow, kept))
