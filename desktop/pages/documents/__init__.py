"""Documents: purchases, receipts, transfers, returns and the like, from draft to done."""
