"""The day: before it begins, where its orders stand, who did what."""
