"""JD (京东) shops of the SOP kind, over `routerjson`."""
