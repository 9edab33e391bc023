"""The settings of this desk, made from their declarations."""
