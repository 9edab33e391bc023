"""After-sale cases of shops: what buyers want back, how far it is, and what is to be done about it."""
