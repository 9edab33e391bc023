"""What is handed to somebody who may see a receiver in clear."""

from dataclasses import dataclass, field

#: why somebody may look. Codes, no free text: what a person types could name somebody, and the journal is for ever
REASONS = ("contact_buyer", "check_address", "after_sale", "carrier_asks")


@dataclass(frozen=True, slots=True)
class Unmasked:
    """The receiver of an order in clear; no text of this object shows it, so that no log does.

    `times` counts how often this person looked within the last 24 hours, this look included.
    """

    order_id: int
    name: str = field(repr=False)
    phone: str = field(repr=False)
    address: str = field(repr=False)
    times: int


@dataclass(frozen=True, slots=True)
class UnmaskedReceiver:
    """A receiver on a customer's file in clear; no text of this object shows it. `times` as in `Unmasked`."""

    customer_id: int
    consignee_id: int
    name: str = field(repr=False)
    phone: str = field(repr=False)
    address: str = field(repr=False)
    times: int
