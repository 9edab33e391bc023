"""Stock: what is where, why, and what a clerk books."""
