"""Shops: adding one, trying its access, and what it may hear from us."""
