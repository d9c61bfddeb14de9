"""Tests of the repository itself: its rules, its packaging, its documentation."""
