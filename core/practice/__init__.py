"""The practice shop and carrier (练习店)."""
