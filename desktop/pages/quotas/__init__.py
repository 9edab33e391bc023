"""The page of quotas: what each shop may sell without asking, and what a person decides about it."""
