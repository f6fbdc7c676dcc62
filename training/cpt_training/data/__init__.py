"""From a corpus or a file of triplets to batches of token ids."""
