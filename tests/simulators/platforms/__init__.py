"""Platforms as simulators over real HTTP; nothing in here knows the product."""
