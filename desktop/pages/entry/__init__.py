"""Entering orders by hand."""
