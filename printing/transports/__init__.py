"""Ways for bytes to reach a printer; each knows whether the first byte left."""
