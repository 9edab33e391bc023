"""Cursors, pulling orders, confirming shipments."""
