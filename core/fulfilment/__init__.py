"""Parcels, picking, verification, weighing, outbound."""
