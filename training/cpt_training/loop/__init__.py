"""What one training step is made of, and what a run leaves behind."""
