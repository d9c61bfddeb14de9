"""The command line and everything that it wires together."""
