"""The report of a run: what it is made from, its figures, its page."""
