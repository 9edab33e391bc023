"""The platforms' own print components: programs on this machine that print what only they may decrypt."""
