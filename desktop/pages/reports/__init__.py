"""Reports over several days."""
