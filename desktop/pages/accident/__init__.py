"""After an accident: orders without goods, in one place until all are settled."""
