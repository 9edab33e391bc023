"""Waves: what goes into one, how it gets on, what is to be fetched for it."""
