"""Who may see personal data, what is written down when somebody does, and how it goes for good."""
