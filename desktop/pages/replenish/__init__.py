"""What to order: suggestions with their reasons, drafts of purchases, and how goods are bought."""
