"""What is kept of a run, and how it is lived again from that."""
