"""Payments of own malls: daily comparison, what gateways were asked, and the gateways themselves."""
