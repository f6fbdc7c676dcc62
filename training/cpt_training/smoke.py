"""A config at the size of a toy: two steps on a tiny random model, offline, in seconds.

The pairs are functions and docstrings of the installed library itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import cpt_rag
from cpt_training.config import TrainConfig
from cpt_training.corpus.table import PAIRS, writing
from cpt_training.pairs.pair import Pair, SourceFile
from cpt_training.pairs.registry import MINERS
from cpt_training.supervised.triplets import Triplet, write_triplets

BATCH = 16
STEPS = 2
WIDTH = 32
ROWS = 600
KIND = "docstring_code"


def smoke(config: TrainConfig, folder: Path) -> tuple[TrainConfig, Path | None]:
    """``config`` at the size of a toy, and the corpus that goes with it, both below ``folder``."""
    pairs = list(_pairs())
    small = _shrink(config, folder, pairs)
    if config.data.triplets:
        return _with_triplets(small, folder, pairs), None
    return small, _corpus(small, folder / "corpus", pairs)


def _pairs() -> Iterator[Pair]:
    root = Path(cpt_rag.__file__).parent
    for path in sorted(root.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield from MINERS[KIND](SourceFile(path.relative_to(root).as_posix(), "python", text))


def _shrink(config: TrainConfig, folder: Path, pairs: list[Pair]) -> TrainConfig:
    wide = config.optimisation.matryoshka
    cached = config.optimisation.mini_batch < config.optimisation.batch
    optimisation = replace(
        config.optimisation,
        batch=BATCH,
        mini_batch=BATCH // 2 if cached else BATCH,
        examples=BATCH * STEPS,
        validations=1,
        matryoshka=(WIDTH, WIDTH // 2) if wide else (),
    )
    data = replace(config.data, query_tokens=16, document_tokens=32, validation_pairs=BATCH)
    static = config.static and replace(
        config.static,
        vocabulary=512,
        pretrained_words=False,
        dimension=WIDTH,
        start="random",
        weighting="none",
    )
    tiny = config.transformer or config.continued or config.teacher
    folder_of_tiny = str(_tiny_transformer(folder / "tiny", pairs)) if tiny else ""
    start = folder_of_tiny
    if config.transformer and config.transformer.attention != "pretrained":
        start = str(_tiny_decoder(folder / "tiny-decoder", pairs))
    return replace(
        config,
        optimisation=optimisation,
        data=data,
        static=static,
        transformer=config.transformer
        and replace(
            config.transformer,
            start=start,
            layers=1,
            projection=WIDTH if config.transformer.projection else 0,
            vocabulary=min(ROWS, config.transformer.vocabulary),
        ),
        continued=config.continued and replace(config.continued, start=folder_of_tiny),
        teacher=config.teacher
        and replace(config.teacher, model=folder_of_tiny, texts=2 * BATCH, tokens=16, batch=BATCH),
        matching=config.matching and replace(config.matching, candidates=BATCH // 4),
    )


def _tiny_transformer(folder: Path, pairs: list[Pair]) -> Path:
    """A random BERT of two layers, saved as a sentence-transformers model."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from tokenizers import BertWordPieceTokenizer
    from transformers import AutoTokenizer, BertConfig, BertModel

    pieces = BertWordPieceTokenizer()
    pieces.train_from_iterator(
        (text for pair in pairs for text in (pair.query, pair.document)),
        vocab_size=1000,
        show_progress=False,
    )
    folder.mkdir(parents=True, exist_ok=True)
    pieces.save_model(str(folder))
    shape = BertConfig(
        vocab_size=pieces.get_vocab_size(),
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * WIDTH,
        max_position_embeddings=64,
    )
    torch.manual_seed(0)
    BertModel(shape).save_pretrained(folder)
    AutoTokenizer.from_pretrained(str(folder)).save_pretrained(str(folder))
    transformer = Transformer(str(folder))
    modules = [transformer, Pooling(WIDTH, pooling_mode="mean"), Normalize()]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder), create_model_card=False)
    return folder


def _tiny_decoder(folder: Path, pairs: list[Pair]) -> Path:
    """What a config starts from that says how its tokens see each other."""
    from cpt_training.tiny import tiny_decoder

    return tiny_decoder(folder, (t for p in pairs for t in (p.query, p.document)), WIDTH)


def _corpus(config: TrainConfig, folder: Path, pairs: list[Pair]) -> Path:
    """The pairs, dealt out over the config's kinds."""
    kinds = sorted(config.data.kinds)
    for split, part in (("train", pairs[:-BATCH]), ("validation", pairs[-BATCH:])):
        dealt = islice(zip(cycle(kinds), cycle(part)), max(len(part), 2 * BATCH * len(kinds)))
        with writing(folder / f"{split}.parquet", PAIRS) as table:
            for kind, pair in dealt:
                table.append(
                    {
                        "kind": kind,
                        "language": pair.language,
                        "query": pair.query,
                        "document": pair.document,
                        "package": "cpt-rag",
                        "path": "",
                        "licence": "Apache-2.0",
                    }
                )
            table.finish()
    counts: Mapping[str, object] = {
        "sha256": "smoke",
        "pairs": {"train": 2 * BATCH * len(kinds)},
        "by_kind": {"train": dict.fromkeys(kinds, 2 * BATCH)},
    }
    (folder / "statistics.json").write_text(json.dumps(counts), encoding="utf-8")
    return folder


def _with_triplets(config: TrainConfig, folder: Path, pairs: list[Pair]) -> TrainConfig:
    """Each pair with the two next documents as its hard negatives, graded where that is asked."""
    path = folder / "triplets.jsonl"
    grades = (0.2, 0.8) if config.order else None
    write_triplets(
        path,
        (
            Triplet(
                pair.query,
                pair.document,
                (pairs[i - 1].document, pairs[i - 2].document),
                grades,
                pair.language,
            )
            for i, pair in enumerate(pairs)
        ),
    )
    return replace(config, data=replace(config.data, triplets=str(path)))
