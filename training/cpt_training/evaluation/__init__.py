"""BM25, encoders and their fusion side by side, every figure with a bootstrap interval."""
