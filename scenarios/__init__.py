"""Scenarios: files that say what happens and what is expected."""
