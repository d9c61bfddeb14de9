"""Whole traces, line by line: whatever changes in what is told shows here first."""
