"""Engines, unit of work, migrations, journal, outbox, backup."""
