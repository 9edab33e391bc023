"""The door of own malls: open or shut, keys, calls."""
