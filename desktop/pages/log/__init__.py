"""The auditor's log: who looked at, exported and erased what."""
