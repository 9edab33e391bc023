"""The packing page: the product."""
