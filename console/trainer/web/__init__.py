"""The server: which address shows what, and who may come in."""
