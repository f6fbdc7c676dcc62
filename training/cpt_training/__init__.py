"""Train the encoders that cpt-rag ships."""
