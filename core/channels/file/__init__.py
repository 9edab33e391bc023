"""Shops without a door: their orders come in files that the platform's backend exports."""
