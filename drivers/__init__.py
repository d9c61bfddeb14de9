"""Pumps on a wire: one driver for many dialects, emulators that answer like a pump, faults of cables."""
