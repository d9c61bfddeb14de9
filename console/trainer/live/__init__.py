"""Runs that live on the clock, and everyone at their pages: what those are told, and what they may ask."""
