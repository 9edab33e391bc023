"""Products: the catalogue as a person keeps it."""
