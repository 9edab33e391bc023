"""Stopping sales: the one button (全渠道停售), and the breaker (熔断) that stops them by rules."""
