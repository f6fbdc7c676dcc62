"""How fast a run reads, against what its device can multiply."""

from __future__ import annotations

import time

import torch

from cpt_training.loop import processes
from cpt_training.loop.step import Learner

_SIZE = {"cuda": 8192, "cpu": 1024}
_TIMES = 10


class Throughput:
    """Tokens and floating-point operations a second, since it was made, over all processes.

    A token costs 2 operations for each weight that multiplies it on the way forward and 4 on the
    way back, 2 of them for the weight's own gradient where it is trained (Kaplan et al. 2020,
    "Scaling Laws for Neural Language Models", section 2.1), and 2 more where a mini-batch is read
    twice (gradient caching). Attention's own products are left out, as are rows of the embedding
    table, which multiply nothing. The limit is what this process's device reaches on one large
    product in the precision of the run.
    """

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        table = getattr(learner.model[0], "model", None)
        rows = table.get_input_embeddings().weight if table is not None else None
        weights = [p for p in learner.model.parameters() if p is not rows]
        wanted = learner.config.optimisation
        twice = wanted.gradient_cache and wanted.mini_batch < wanted.batch
        passes = 3 if twice else 2
        self._operations = 2 * sum(p.numel() * (passes + p.requires_grad) for p in weights)
        # A static encoder multiplies nothing: its rows are looked up.
        self._limit = _limit(learner) if table is not None else 0.0
        self._started, self._before = time.monotonic(), learner.tokens

    def row(self) -> dict[str, float]:
        """What a curve notes of it; only tokens for an encoder without products."""
        seconds = max(time.monotonic() - self._started, 1e-9)
        tokens = (self._learner.tokens - self._before) * processes.size() / seconds
        if not self._limit:
            return {"tokens_per_second": tokens}
        return {
            "tokens_per_second": tokens,
            "tflops": tokens * self._operations / 1e12,
            "tflops_limit": self._limit * processes.size() / 1e12,
        }


def _limit(learner: Learner) -> float:
    """Operations a second on one large product, after a warm-up."""
    size, dtype = _SIZE[learner.device.type], torch.bfloat16 if learner.half else torch.float32
    square = torch.ones((size, size), dtype=dtype, device=learner.device)
    started = 0.0
    for number in range(_TIMES + 1):
        if number == 1:
            _wait(learner.device)
            started = time.perf_counter()
        square @ square
    _wait(learner.device)
    return 2 * size**3 * _TIMES / (time.perf_counter() - started)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
