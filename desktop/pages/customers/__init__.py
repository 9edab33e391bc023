"""Customers: who buys, where it goes, what changed; masked."""
