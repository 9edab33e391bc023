"""Douyin shop (抖店): one authorised shop over the open platform."""
