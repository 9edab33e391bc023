"""What to order again, how much of it, and why."""
