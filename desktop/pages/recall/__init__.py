"""Batches and their recall: what ends when, blocking one, and whom it went to."""
