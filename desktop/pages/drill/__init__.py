"""The drill: a sale that never was."""
