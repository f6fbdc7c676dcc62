"""What is trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cpt_training.sections import Require


@dataclass(frozen=True, slots=True)
class Data:
    """What is trained on.

    ``kinds`` gives each kind of a corpus's pairs its share of the examples seen; a batch holds one
    kind and, with ``one_language``, one language; ``together`` neighbouring pairs, of one package,
    stay in one batch. ``phrased`` of the queries are put as people ask. A supervised phase names
    ``triplets``, a JSON Lines file, in place of ``corpus`` and ``kinds``, and takes up to
    ``hard_negatives`` of each line; for ``one_language`` the lines must name theirs. Lengths are in
    tokens. ``training_pairs`` of each kind are taken, 0 for all; the curve is over
    ``validation_pairs`` of each kind.
    """

    query_tokens: int
    document_tokens: int
    validation_pairs: int
    training_pairs: int = 0
    one_language: bool = False
    together: int = 1
    phrased: float = 0.0
    corpus: str = ""
    kinds: Mapping[str, float] = field(default_factory=dict)
    triplets: str = ""
    hard_negatives: int = 0

    def check(self, require: Require) -> None:
        """Refuse impossible values and combinations."""
        for name in ("query_tokens", "document_tokens", "validation_pairs"):
            require(getattr(self, name) >= 1, f"data.{name}", "at least 1")
        require(
            bool(self.corpus) != bool(self.triplets),
            "data.triplets" if self.triplets else "data.corpus",
            "either a corpus or a file of triplets",
        )
        shares = all(share > 0 for share in self.kinds.values())
        require(
            bool(self.kinds) == bool(self.corpus) and shares,
            "data.kinds",
            "at least one kind of pair with a positive share beside a corpus, none beside triplets",
        )
        require(
            self.hard_negatives >= 0 and (bool(self.triplets) or not self.hard_negatives),
            "data.hard_negatives",
            "0 beside a corpus, whose pairs have none",
        )
        require(self.training_pairs >= 0, "data.training_pairs", "at least 0")
        require(self.together >= 1, "data.together", "at least 1")
        require(0 <= self.phrased <= 1, "data.phrased", "a share of the queries in [0, 1]")
