"""Quotas: units that shops may sell without asking, each covered by a unit on a shelf that is nobody else's."""
