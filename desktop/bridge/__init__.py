"""The one door between threads and screens."""
