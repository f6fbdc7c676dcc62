"""One optimisation step: the gradients of a whole batch, on every process alike, and the update."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from cpt_rag.errors import InvalidInputError, TrainingError
from cpt_training.config import TrainConfig
from cpt_training.data.batches import batches
from cpt_training.data.examples import ByKind, Negatives
from cpt_training.data.tokens import Rows, TokenLists
from cpt_training.data.triplets import KIND as TRIPLETS
from cpt_training.loop import processes
from cpt_training.loop.gradient_cache import Features, Side, backward
from cpt_training.loop.losses import Batch, symmetric_info_nce
from cpt_training.loop.matching import MatchingHead
from cpt_training.loop.order import order_loss
from cpt_training.loop.teacher import Distillation, Lessons
from cpt_training.models.trainable import Trainable

HEAD_RATE = 0.01
"""The head's own learning rate: a transformer's would hardly move a temperature, or a layer that
starts from nothing."""
LOGIT_ROWS = 2048
"""Rows of logits in memory at a time, each as long as the batch."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What one step learns from: rows of one kind, and of what the teacher says."""

    kind: str
    rows: Rows
    lesson: Rows | None


class Head(nn.Module):
    """What is trained beside the encoder and forgotten after it."""

    def __init__(self, config: TrainConfig, width: int, taught: Lessons | None) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(math.log(config.optimisation.scale)))
        self.distillation = (
            Distillation(config.teacher, width, taught.vectors.shape[1])
            if config.teacher and taught
            else None
        )
        self.matching = MatchingHead(config.matching, width) if config.matching else None


class Learner:
    """An encoder, what it learns from, and the optimiser between them."""

    def __init__(
        self,
        config: TrainConfig,
        trainable: Trainable,
        examples: ByKind,
        taught: Lessons | None,
        device: torch.device,
    ) -> None:
        torch.use_deterministic_algorithms(True, warn_only=device.type == "cuda")
        # Filling memory that is written next anyway is 6% of a transformer's step on a CPU.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        self.config, self.trainable, self.device = config, trainable, device
        self._examples, self._taught = examples, taught
        self.half = device.type == "cuda" or config.optimisation.bfloat16
        self.tokens = 0
        """How many this process has read to learn from."""
        # What is loaded comes without dropout.
        self.model = trainable.model.to(device).train()
        transformer: Any = getattr(self.model[0], "model", None)
        if device.type == "cpu" and transformer is not None:
            # On short texts plain products take three quarters of the fused kernel's time.
            transformer.set_attn_implementation("eager")
        self._start = self.weights() if config.optimisation.trained_share < 1 else {}
        width = self.model.get_embedding_dimension()
        assert width is not None
        self._widths = config.optimisation.matryoshka or (width,)
        _check(config, self._widths[0], width)
        torch.manual_seed(config.seed)  # all processes start alike, whatever each has drawn before
        self.head = Head(config, width, taught).to(device)
        self._rates = (config.optimisation.learning_rate, HEAD_RATE)
        self._seed = config.seed
        self.optimiser = torch.optim.AdamW(
            [
                {
                    "params": [p for p in self.model.parameters() if p.requires_grad],
                    "weight_decay": config.optimisation.weight_decay,
                },
                # A temperature that is drawn to zero is another temperature.
                {"params": [*self.head.parameters()], "weight_decay": 0.0},
            ],
            fused=True,
        )

    def batches(self, done: int) -> Iterator[Draw]:
        """What each step after the first ``done`` learns from."""
        data, wanted, seed = self.config.data, self.config.optimisation, self.config.seed
        pairs = batches(
            self._examples,
            data.kinds or {TRIPLETS: 1.0},
            wanted.batch,
            seed,
            one_language=data.one_language,
            together=data.together,
            skip=done,
        )
        if self._taught is None or self.config.teacher is None:
            return (Draw(kind, rows, None) for kind, rows in pairs)
        lessons = self._taught.draw(seed, self.config.teacher.batch, done)
        return (Draw(*pair, lesson) for pair, lesson in zip(pairs, lessons, strict=True))

    def step(self, number: int, draw: Draw, out: Path) -> float:
        """Learn from one batch and give its loss.

        Raises:
            TrainingError: memory ran out, or the loss is no longer a number.
        """
        # Every step draws its own randomness, so that a run which goes on repeats nothing.
        self._seed = self.config.seed + 1_000_003 * (number + 1)
        torch.manual_seed(self._seed + processes.rank())
        try:
            loss = self._gradients(number, draw)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not _ran_out_of_memory(error):
                raise
            raise self._too_large() from error
        if not math.isfinite(loss):
            raise TrainingError(
                f"The loss is {loss} at step {number}.",
                expected="a number",
                remedy=f"lower optimisation.learning_rate; {out} holds the last good checkpoint",
            )
        factor = self._factor(number)
        for group, rate in zip(self.optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor
        self.optimiser.step()
        return loss

    def scale(self) -> float:
        """The trained inverse temperature."""
        return math.exp(self.head.log_scale.item())

    def trained(self) -> dict[str, torch.Tensor]:
        """The encoder's state but for what stays as it was loaded."""
        frozen = {name for name, p in self.model.named_parameters() if not p.requires_grad}
        return {name: t for name, t in self.model.state_dict().items() if name not in frozen}

    def weights(self) -> dict[str, torch.Tensor]:
        """A copy of what is trained of the encoder, on the CPU."""
        return {name: t.detach().cpu().clone() for name, t in self.trained().items()}

    def put_back(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Take what `trained` or `weights` gave."""
        trained = self.trained()
        frozen = {n: t for n, t in self.model.state_dict().items() if n not in trained}
        self.model.load_state_dict({**frozen, **weights})

    def settle(self, best: Mapping[str, torch.Tensor]) -> None:
        """Take the weights that are saved: the best ones, drawn towards the start's."""
        share = self.config.optimisation.trained_share
        drawn = {
            name: start.lerp(best[name], share)
            for name, start in self._start.items()
            if start.is_floating_point()
        }
        self.put_back({**best, **drawn})

    def features(self, tokens: TokenLists) -> Features:
        """Input of `embed`, on the device."""
        features = self.trainable.features(tokens)
        return {name: tensor.to(self.device) for name, tensor in features.items()}

    def embed(self, features: Features) -> torch.Tensor:
        """Unit rows, float32 (n, d), read in bfloat16 on a GPU, and on a CPU that is told to."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            rows: torch.Tensor = self.model(features)["sentence_embedding"]
        return rows.float()

    def _gradients(self, number: int, draw: Draw) -> float:
        """Put every process's summed gradients on the parameters."""
        self.optimiser.zero_grad()
        before = self.config.teacher.before if self.config.teacher else 0.0
        alone = number < before * self.config.optimisation.steps
        loss = 0.0 if alone else self._contrast(draw)
        if draw.lesson is not None and (alone or not before):
            loss += self._distil(draw.lesson)
        parameters = [*self.model.parameters(), *self.head.parameters()]
        processes.add_up(p.grad for p in parameters if p.grad is not None)
        return loss

    def _contrast(self, draw: Draw) -> float:
        own, examples = processes.share(draw.rows), self._examples[draw.kind]
        negatives = examples.negatives_for(own, self.config.data.hard_negatives)
        return backward(
            self.embed,
            self._side(examples.queries.take(own)),
            self._side(examples.documents.take(own)),
            self._hard(negatives) if negatives is not None else None,
            self._loss,
            LOGIT_ROWS,
            keep=not self.config.optimisation.gradient_cache,
        )

    def _loss(self, batch: Batch, rows: slice) -> torch.Tensor:
        """Mean over the widths that are to serve alone, and what the config adds to it."""
        order = self.config.order
        below = order.negative_below if order else math.inf
        cuts = [batch.cut(width) for width in self._widths]
        losses = [symmetric_info_nce(cut, self.head.log_scale, rows, below) for cut in cuts]
        # It has no parts, and is cheap: the first rows of the first process bring all of it.
        if order and order.weight and rows.start == 0:
            losses += [order.weight * order_loss(cut, order.scale) for cut in cuts]
        loss = torch.stack(losses).sum() / len(self._widths)
        if self.head.matching is not None:
            loss = loss + self.head.matching(batch, rows, self._seed, below)
        return loss

    def _distil(self, lesson: Rows) -> float:
        assert self._taught is not None
        assert self.head.distillation is not None
        own = processes.share(lesson)
        student = self.embed(self.features(self._taught.tokens.take(own)))
        teacher = torch.from_numpy(self._taught.vectors[own].astype(np.float32)).to(self.device)
        loss = self.head.distillation(student, teacher) / processes.size()
        loss.backward()
        total = loss.detach().clone()
        processes.add_up([total])
        return float(total)

    def _side(self, tokens: TokenLists) -> Side:
        """Mini-batches of texts of like length."""
        self.tokens += len(tokens.ids)
        size = self.config.optimisation.mini_batch
        order = np.argsort(np.diff(tokens.offsets), kind="stable")
        return Side(
            [
                self.features(tokens.take(order[start : start + size]))
                for start in range(0, len(order), size)
            ],
            torch.from_numpy(order).to(self.device),
            torch.from_numpy(tokens.keys.view(np.int64)).to(self.device),
        )

    def _hard(self, negatives: Negatives) -> Side:
        side = self._side(negatives.tokens)
        if negatives.grades is None:
            return side
        owners, grades = torch.from_numpy(negatives.owners), torch.from_numpy(negatives.grades)
        return replace(side, owners=owners.to(self.device), grades=grades.to(self.device))

    def _factor(self, step: int) -> float:
        """Share of the learning rate: linear rise over the warm-up, then linear fall to zero."""
        steps = self.config.optimisation.steps
        rise = max(1.0, self.config.optimisation.warmup * steps)
        return min((step + 1) / rise, max(0.0, (steps - step) / max(1.0, steps - rise)))

    def _too_large(self) -> TrainingError:
        wanted = self.config.optimisation
        at_once = wanted.mini_batch if wanted.gradient_cache else wanted.batch
        first = (
            f"lower optimisation.mini_batch (now {wanted.mini_batch}); the result is the same"
            if wanted.gradient_cache
            else "set optimisation.gradient_cache = true; the result is the same"
        )
        return TrainingError(
            f"A batch of {wanted.batch:,} pairs, {at_once:,} in memory at once, "
            f"does not fit into the memory of {self.device}.",
            expected="a mini-batch that fits",
            remedy=f"{first}. Where that does not help, lower data.document_tokens or "
            "optimisation.batch.",
        )


def _check(config: TrainConfig, first: int, width: int) -> None:
    """Hold a config to the model's width and the number of processes."""
    if first != width:
        raise InvalidInputError(
            f"optimisation.matryoshka begins with {first}.",
            expected=f"the model's whole width first, {width}",
            remedy=f"put {width} in front in the config of {config.name!r}",
        )
    if config.optimisation.batch % processes.size():
        raise InvalidInputError(
            f"optimisation.batch = {config.optimisation.batch} over {processes.size()} processes.",
            expected="a batch that all processes share evenly",
            remedy=f"change optimisation.batch in the config of {config.name!r}",
        )


def _ran_out_of_memory(error: Exception) -> bool:
    known = isinstance(error, (torch.OutOfMemoryError, MemoryError))
    return known or "allocate memory" in str(error)
