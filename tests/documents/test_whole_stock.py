"""Every document and every step of an order at once, against plain counters: no unit is lost, made or promised twice."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from core.inventory.documents import pending
from tests.documents.acts import waiting
from tests.documents.test_document_machine import DocumentMachine
from tests.inventory.order_model import OrderRules
from tests.support.inventory_world import World


class WholeStock(OrderRules, DocumentMachine):
    """Deliveries, put-away, transfers, returns, damage, corrections and their counter-documents while people buy.

    What an order holds, no document may take; what a document has set aside or sent away, no order may have. A count
    may find less than is promised, and then takes it from the orders that are due last.
    """

    def came(self, sku, qty):
        """Into the house or out of it: of what is owned nothing else may change."""
        super().came(sku, qty)
        self.owned[sku] += qty

    def free(self, place, sku):
        """What a document may take."""
        return self.free_to_promise(sku) if place == World.main else super().free(place, sku)

    @invariant()
    def numbers_are_as_predicted(self):
        self.world.check()
        for sku in self.skus:
            stood = 0
            for place in (World.main, World.second):
                lines = self.lines_with(sku) if place == World.main else []
                reserved, confirmed = sum(one.reserved for one in lines), sum(one.confirmed for one in lines)
                level = self.world.level(sku, place) or (0, 0, 0, 0)
                assert level == (self.on_hand[place, sku], reserved, confirmed, self.aside[place, sku])
                stood += level[0]
            waits = {flow: waiting(self.world, sku, flow) for flow in pending.FLOWS.values()}
            assert waits == {flow: self.flows[flow, sku] for flow in waits}
            assert stood + sum(units for flow, units in waits.items() if flow != "incoming") == self.owned[sku]
            assert self.free_to_promise(sku) >= 0


@pytest.mark.slow
def test_documents_and_orders_follow_plain_counters(world):
    usual = min(settings().max_examples, 20 if world.store.is_sqlite else 6)
    run_state_machine_as_test(
        lambda: WholeStock(world),
        settings=settings(
            max_examples=int(os.environ.get("PACKDESK_STOCK_EXAMPLES", usual)),
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            print_blob=True,
        ),
    )
