"""Levels, movements and reservations."""
