"""After-sale: what buyers want back, and what is to be done about it."""
