"""Pinduoduo (拼多多), over its open platform, with a relay in its cloud where it wants calls to come from there."""
