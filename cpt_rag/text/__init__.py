"""Text before encoding: normalisation, sub-words, BM25 term weights."""
