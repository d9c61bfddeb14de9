"""Tests of the report: its material, its figures, its page."""
