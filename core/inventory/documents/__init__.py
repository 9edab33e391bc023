"""Documents: every act on stock other than promising, shipping and counting, with a number, a state and an author."""
