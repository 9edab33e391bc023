"""What shops offer and what of ours that is: the list, what waits for a match, matching one or many."""
