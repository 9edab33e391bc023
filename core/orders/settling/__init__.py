"""After an accident: orders without goods, what becomes of each, until all are settled."""
