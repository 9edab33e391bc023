"""Shops on Taobao and Tmall, over the open platform's gateway (TOP)."""
