"""Miners: from the files of a package to training pairs; ``registry`` names them all."""

from cpt_training.pairs.pair import TEXT, Pair, SourceFile

__all__ = ["TEXT", "Pair", "SourceFile"]
