"""Counting (盘点): sheets, scans, differences and their approval, what to count next, the nightly comparison."""
