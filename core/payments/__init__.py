"""Payments of the merchant's own malls: asking the gateways, and comparing their daily bills with our orders."""
