"""Rules when stock runs low: what is stopped, purchase limits, the breaker."""
