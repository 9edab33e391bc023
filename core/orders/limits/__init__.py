"""Purchase limits (限购): how much one customer may buy of goods that run low."""
