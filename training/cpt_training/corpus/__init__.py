"""From a manifest of packages to training pairs: fetch, mine, clean, de-duplicate, split.

``python -m cpt_training.corpus build python`` builds a shipped manifest; ``pin`` fills in the
versions, hashes and licences of one that is being written.
"""

from cpt_training.corpus.locate import corpus_directory

__all__ = ["corpus_directory"]
