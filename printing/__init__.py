"""From label content to paper: no database, no shop API, no widgets."""
