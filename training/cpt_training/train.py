"""Contrastive pre-training of a static encoder, from corpus to a model on disk.

    python -m cpt_training.train cpt_static

Read from top to bottom: corpus, vocabulary, starting vectors, loop, best epoch, save.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Tokenizer
from torch.nn import functional

from cpt_rag.evaluate import reciprocal_ranks
from cpt_training.config import TrainConfig
from cpt_training.data import (
    PairTokens,
    TextPair,
    batches,
    corpus_hash,
    read_pairs,
    tokenise_pairs,
)
from cpt_training.initialise import token_vectors
from cpt_training.losses import symmetric_info_nce
from cpt_training.quantise import quantise_static
from cpt_training.vocabulary import learn_vocabulary

console = Console(stderr=True)


def train(config: TrainConfig, corpus: Path, out: Path) -> None:
    """Run ``config`` on the corpus in ``corpus`` and save the model to ``out``."""
    torch.manual_seed(config.seed)
    torch.use_deterministic_algorithms(True)
    pairs = [p for p in read_pairs(corpus / "train.parquet") if p.kind in config.kinds]
    held_out = [p for p in read_pairs(corpus / "validation.parquet") if p.kind in config.kinds]
    console.print(f"{len(pairs):,} training pairs, {len(held_out):,} for validation")

    tokenizer = learn_vocabulary(
        (text for p in pairs for text in (p.query, p.document)), config.vocabulary
    )
    data = _tokenise(tokenizer, pairs, config)
    validation = _tokenise(tokenizer, held_out, config)
    console.print(f"{tokenizer.get_vocab_size():,} tokens; reading them with the pretrained model")
    counts = _token_counts(data, tokenizer.get_vocab_size())
    model = StaticEmbedding(tokenizer, token_vectors(tokenizer, counts, config.dimension))

    curve = fit(model, data, validation, config)
    save(model, out)
    record = {
        "config": dataclasses.asdict(config),
        "corpus_sha256": corpus_hash(corpus),
        "validation_mrr": curve,
    }
    (out / "training.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    console.print(f"saved {out}")


def fit(
    model: StaticEmbedding,
    data: Mapping[str, PairTokens],
    validation: Mapping[str, PairTokens],
    config: TrainConfig,
) -> list[float]:
    """Train in place, leave the best epoch's weights, and return each epoch's validation MRR."""
    log_scale = torch.nn.Parameter(torch.tensor(math.log(config.scale)))
    optimiser = torch.optim.Adam(
        [*model.parameters(), log_scale], lr=config.learning_rate, fused=True
    )
    examples = sum(len(data[kind]) for kind in config.kinds)
    per_epoch = max(1, examples // config.batch)
    steps = per_epoch * config.epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: _learning_rate(step, steps, config.warmup)
    )
    curve = [validation_mrr(model, validation)]
    best = _weights(model)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("training", total=steps)
        drawn = batches(data, config.kinds, config.batch, steps, config.seed)
        for step, (pair, rows) in enumerate(drawn, 1):
            queries = embed(model, pair.queries.bag(rows))
            documents = embed(model, pair.documents.bag(rows))
            loss = symmetric_info_nce(queries, documents, log_scale)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            progress.update(
                task, advance=1, description=f"loss {loss.item():.3f} MRR {curve[-1]:.3f}"
            )
            if step % per_epoch == 0:
                curve.append(validation_mrr(model, validation))
                if curve[-1] == max(curve):
                    best = _weights(model)
    model.load_state_dict(best)
    console.print("validation MRR by epoch: " + ", ".join(f"{mrr:.4f}" for mrr in curve))
    return curve


def embed(model: StaticEmbedding, bag: dict[str, torch.Tensor]) -> torch.Tensor:
    """Unit rows, float32 (n, d)."""
    return functional.normalize(model(dict(bag))["sentence_embedding"], dim=-1)


def validation_mrr(model: StaticEmbedding, validation: Mapping[str, PairTokens]) -> float:
    """Mean reciprocal rank among 1,000 candidates, averaged over the kinds of pair."""
    means = []
    with torch.inference_mode():
        for pair in validation.values():
            rows = np.arange(len(pair))
            queries = embed(model, pair.queries.bag(rows))
            documents = embed(model, pair.documents.bag(rows))
            means.append(reciprocal_ranks(queries.numpy() @ documents.numpy().T).mean())
    return float(np.mean(means))


def save(model: StaticEmbedding, out: Path) -> None:
    """Write a plain sentence-transformers model with one signed byte for each weight."""
    out.mkdir(parents=True, exist_ok=True)
    SentenceTransformer(modules=[model, Normalize()]).save(str(out), create_model_card=False)
    quantise_static(out / "model.safetensors")
    model.tokenizer.save(str(out / "tokenizer.json"), pretty=False)


def _tokenise(
    tokenizer: Tokenizer, pairs: list[TextPair], config: TrainConfig
) -> Mapping[str, PairTokens]:
    return tokenise_pairs(tokenizer, pairs, config.query_tokens, config.document_tokens)


def _token_counts(data: Mapping[str, PairTokens], size: int) -> NDArray[np.int64]:
    counts = np.zeros(size, dtype=np.int64)
    for pair in data.values():
        for side in (pair.queries, pair.documents):
            counts += np.bincount(side.ids, minlength=size)
    return counts


def _learning_rate(step: int, steps: int, warmup: float) -> float:
    """Linear rise over the warm-up, then linear fall to zero."""
    rise = max(1.0, warmup * steps)
    return min((step + 1) / rise, max(0.0, (steps - step) / max(1.0, steps - rise)))


def _weights(model: StaticEmbedding) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


if __name__ == "__main__":
    from cpt_rag.cli.run import main
    from cpt_training.cli import train_app

    main(train_app, "python -m cpt_training.train")
