"""Printers, their state in words, and the labels of the virtual one."""
