"""Files in and out: tables of platforms and of the shop's own hand, read behind guards and written whole."""
