"""The pump core: what the firmware knows and decides. No clock, no I/O, no chance."""
