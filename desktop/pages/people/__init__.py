"""Who works here: operators, their roles, PINs and badges."""
