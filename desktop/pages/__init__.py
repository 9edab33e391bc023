"""One folder per screen: `presenter` without widgets, `page` with them, `ports` for what it needs."""
