"""The New Era dialect, both sides."""
