"""Every number of the stock, and what makes it."""
