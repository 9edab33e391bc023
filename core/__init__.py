"""The shop's rules and records: no Qt, no printers, no screen."""
