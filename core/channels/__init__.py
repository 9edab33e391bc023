"""Shops' platforms behind one contract."""
