"""Looking at a day: is all well before it begins, where every order stands, who did what."""
