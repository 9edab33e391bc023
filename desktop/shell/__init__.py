"""The frame around the pages: rail, strip, message bar, keys."""
