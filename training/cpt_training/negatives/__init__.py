"""Hard negatives for pairs of a corpus: mined with a model, then graded for the order loss.

``python -m cpt_training.negatives mine`` takes the nearest documents that a model confuses with the
right one (Moreira et al. 2024, "NV-Retriever"), ``... grade`` says how alike each is nevertheless
(Gao et al. 2025, "OASIS"). Both write files of triplets.
"""
