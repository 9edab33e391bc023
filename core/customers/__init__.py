"""Customer master, identities, change log, the erasable personal data."""
