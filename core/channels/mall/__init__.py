"""A merchant's own mall or app, over the open mall contract (docs/open-mall-contract.md)."""
