"""Shops on Medusa v2, a shop server that merchants run themselves."""
