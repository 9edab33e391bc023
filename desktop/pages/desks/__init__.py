"""This desk alone, or several together: host, joining, and who is awake."""
