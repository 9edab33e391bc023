"""Table models that hold only what has been looked at."""
