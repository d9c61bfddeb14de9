"""Tests of pump/."""
