"""The verbs of the command line: each runs without widgets and ends with a clear exit code."""
