"""Printer bytes back to pictures: independent of the encoders, for the virtual printer and as proof."""
