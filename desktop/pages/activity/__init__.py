"""Activity: what goes out to shops and carriers, and onto paper."""
