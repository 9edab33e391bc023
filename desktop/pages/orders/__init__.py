"""The order list and its drawer."""
