"""Vendure, an open shop server, through its GraphQL admin API (written against 3.7.3)."""
