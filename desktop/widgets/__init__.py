"""Parts of screens: each says its words by code, shows foreign text as plain text, and follows language and theme."""
