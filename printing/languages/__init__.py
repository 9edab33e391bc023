"""Printer languages: pure functions from dots to bytes, and readers of what printers answer."""
