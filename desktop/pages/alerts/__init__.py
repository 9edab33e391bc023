"""The alerts page: what is wrong, who was told, who handles it; and who is on duty, rules and channels."""
