"""Labelled triplets for the second phase of cpt-text (Neelakantan et al. 2022, section 3).

``python -m cpt_training.supervised nli FILE... --out FILE`` makes them of SNLI and MultiNLI,
``... msmarco DIR --out FILE`` of MS MARCO's passage ranking, from the files as published.
"""
