"""The documents, and what writes their generated part (`python -m docs.generate`). Not in the wheel."""
