"""Docstrings and search queries that a language model writes for code which has none.

After Qodo-Embed-1 (Qodo 2025, "State-of-the-Art Code Retrieval With Efficient Code Embedding
Models"): ``python -m cpt_training.synthesis write SOURCE --model MODULE:NAME --out DIR`` asks,
``... filter DIR`` keeps what is worth training on, and ``... describe FOLDER`` writes a description
of each chunk of code, for a collection that holds both.
"""
