"""Gradients of a batch far larger than memory, over any number of processes.

Gao et al. (2021, "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup",
section 3): embed everything without a graph, take the loss's gradient with respect to the
embeddings, then embed again, one mini-batch at a time, and hand each its cached gradient. Every
process embeds its own rows, sees the embeddings of all, and computes the part of the loss that its
rows add, so that summed gradients are those of one process with the whole batch.

sentence-transformers has cached losses too; they refuse static encoders, fix the temperature, and
do not know which rows are no negatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from sentence_transformers.base.losses.gradcache import RandContext

from cpt_training.loop import processes
from cpt_training.loop.losses import Batch

Features = dict[str, torch.Tensor]
Embed = Callable[[Features], torch.Tensor]
Loss = Callable[[Batch, slice], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Side:
    """The texts of one role that this process embeds.

    ``parts`` are mini-batches; row r of all of them is text ``order[r]``, int64 (n,), for texts of
    like length pad each other least. ``keys`` are the texts' own, int64 (n,), in their order.
    Graded hard negatives have ``owners``, int64 (n,), rows of this process's queries, and
    ``grades``, float32 (n,), in the texts' order.
    """

    parts: Sequence[Features]
    order: torch.Tensor
    keys: torch.Tensor
    owners: torch.Tensor | None = None
    grades: torch.Tensor | None = None


def backward(
    embed: Embed,
    queries: Side,
    documents: Side,
    negatives: Side | None,
    loss: Loss,
    rows_at_once: int,
    *,
    keep: bool = False,
) -> float:
    """Add the gradients of ``loss`` to every parameter behind ``embed`` and behind ``loss``.

    Parameters' gradients are this process's part: `processes.add_up` makes them whole.

    Args:
        embed: features to embeddings, float32 (n, d).
        queries: n texts, the same number in every process.
        documents: n texts, row by row the queries' own.
        negatives: any number of texts, or None in every process.
        loss: the part that some rows of the whole batch add to its loss.
        rows_at_once: rows of logits in memory at a time.
        keep: hold the graphs of all mini-batches instead of embedding a second time. The gradients
            are the same.

    Returns:
        The loss of the whole batch.
    """
    asked = _Embedded(embed, queries, keep=keep)
    others = [side for side in (documents, negatives) if side is not None]
    answers = [_Embedded(embed, side, keep=keep) for side in others]
    whole = [side.gather(asked.width) for side in (asked, *answers)]
    batch = Batch(
        whole[0].requires_grad_(),
        torch.cat(whole[1:]).requires_grad_(),
        processes.gather(queries.keys),
        torch.cat([processes.gather(side.keys) for side in others]),
        *_grading(negatives, asked.rows[0]),
    )
    first, last = asked.rows
    total = torch.zeros((), device=batch.queries.device)
    for start in range(first, last, rows_at_once):
        part = loss(batch, slice(start, min(start + rows_at_once, last)))
        part.backward()  # type: ignore[no-untyped-call]
        total += part.detach()

    gradients = [_gradient(batch.queries), _gradient(batch.documents)]
    processes.add_up([*gradients, total])
    asked.backward(gradients[0])
    parts = torch.split(gradients[1], [*map(len, whole[1:])])
    for side, gradient in zip(answers, parts, strict=True):
        side.backward(gradient)
    return total.item()


def _grading(negatives: Side | None, first: int) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """Owners, as rows of the whole batch, and grades of all processes' hard negatives."""
    if negatives is None or negatives.owners is None or negatives.grades is None:
        return None, None
    return processes.gather(negatives.owners + first), processes.gather(negatives.grades)


class _Embedded:
    """A side's embeddings, with their graphs or how to make them again with one."""

    def __init__(self, embed: Embed, side: Side, *, keep: bool) -> None:
        keep = keep or len(side.parts) == 1
        self._runs = [_Run(embed, part, keep=keep) for part in side.parts]
        self._order = side.order
        self.rows = (0, len(side.order))

    @property
    def width(self) -> int:
        """Dimensions of an embedding."""
        return self._runs[0].embedding.shape[1]

    def gather(self, width: int) -> torch.Tensor:
        """The rows of all processes, float32, and from here on where this one's are."""
        # This process may have none of its own, where the others have some.
        none = torch.empty((0, width), device=self._order.device)
        shuffled = torch.cat([none, *(run.embedding.detach() for run in self._runs)])
        own = torch.empty_like(shuffled)
        own[self._order] = shuffled
        counts = processes.gather(torch.tensor([len(own)], device=own.device))
        first = int(counts[: processes.rank()].sum())
        self.rows = (first, first + len(own))
        return processes.gather(own)

    def backward(self, gradient: torch.Tensor) -> None:
        """Hand each mini-batch its part of the whole batch's gradient."""
        shuffled = gradient[slice(*self.rows)][self._order]
        parts = torch.split(shuffled, [len(run.embedding) for run in self._runs])
        for run, part in zip(self._runs, parts, strict=True):
            run.backward(part)


class _Run:
    """One mini-batch's embedding, with its graph or how to make it again with one."""

    def __init__(self, embed: Embed, features: Features, *, keep: bool) -> None:
        self._embed, self._features = embed, features
        self._random = None if keep else RandContext(*features.values())
        with torch.set_grad_enabled(keep):
            self.embedding = embed(dict(features))

    def backward(self, gradient: torch.Tensor) -> None:
        if self._random is None:
            self.embedding.backward(gradient)  # type: ignore[no-untyped-call]
            return
        with self._random:  # the same dropout as the first time
            self._embed(dict(self._features)).backward(gradient)  # type: ignore[no-untyped-call]


def _gradient(tensor: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
