"""The courier's hand-over."""
