"""Telling somebody that something is wrong: once, to whoever is on duty, until somebody looks or it is over."""
