"""The tables that platforms write, each as a declaration with its source."""
