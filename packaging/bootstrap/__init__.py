"""Set-up of a checkout: standard library only, because nothing is installed yet when it runs."""
