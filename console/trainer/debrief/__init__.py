"""What is learnt from a run afterwards: debriefs, diaries, classes, exports."""
