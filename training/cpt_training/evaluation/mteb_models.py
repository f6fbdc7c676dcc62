"""An encoder and the whole hybrid search as models of mteb, the Massive Text Embedding Benchmark.

``CptMtebEncoder`` satisfies mteb's ``EncoderProtocol``, for tasks of every kind; ``CptMtebSearch``
its ``SearchProtocol``, for retrieval. mteb comes with the extra ``mteb``; this module and the
command ``cpt_training.mteb`` alone import it.
"""

from __future__ import annotations

import hashlib
import json
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mteb._create_dataloaders import create_dataloader  # as mteb's own models read a data set
from mteb.models import ModelMeta
from mteb.models.model_meta import ScoringFunction
from mteb.similarity_functions import cos_sim, pairwise_cos_sim
from mteb.types import PromptType
from tqdm.auto import tqdm  # type: ignore[import-untyped]

from cpt_rag import Encoder, __version__, open_collection
from cpt_rag.collection import identity_of
from cpt_rag.encoders.presets import SHIPPED
from cpt_rag.encoders.static import StaticEncoder
from cpt_rag.errors import InvalidInputError
from cpt_training.evaluation.documents import DocumentIndex, index_documents, shows
from cpt_training.evaluation.models import load_models

if TYPE_CHECKING:
    from mteb.abstasks.task_metadata import TaskMetadata
    from mteb.types import (
        Array,
        BatchedInput,
        CorpusDatasetType,
        EncodeKwargs,
        QueryDatasetType,
        RetrievalOutputType,
        TopRankedDocumentsType,
    )
    from torch.utils.data import DataLoader
    from typing_extensions import Self

    from cpt_rag.types import Float32Array

READ_AT_ONCE = 512


class CptMtebEncoder:
    """An encoder as mteb asks for it.

    A text that shows nothing has the zero vector: it is similar to nothing.

    Args:
        model: a preset's name, a sentence-transformers folder, or all-MiniLM-L6-v2.

    Raises:
        EncoderError: the name is unknown, or the folder is no usable model.
    """

    def __init__(self, model: str | Path) -> None:
        self._embedder = load_models([str(model)])[0]
        encoder = self._embedder.encoder
        self.mteb_model_meta = _meta(
            self._embedder.name,
            encoder,
            revision=_revision(_decisive(encoder)["encoder"]),
            model_type=["dense"],
            similarity_fn_name=ScoringFunction.COSINE,
        )

    def encode(
        self,
        inputs: DataLoader[BatchedInput],
        *,
        task_metadata: TaskMetadata,
        hf_split: str,
        hf_subset: str,
        prompt_type: PromptType | None = None,
        **kwargs: Any,
    ) -> Float32Array:
        """Unit rows, float32 (n, dimension), of all texts of ``inputs``, in the role given.

        Texts without a role (clustering, similarity) are embedded as documents. The names of the
        task, its split and its subset decide nothing, and neither does the size of mteb's batches.
        """
        given = (text for batch in inputs for text in batch["text"])
        texts = [text if shows(text) else "" for text in given]
        if prompt_type == PromptType.query:
            return self._embedder.queries(texts)
        if prompt_type == PromptType.document:
            return self._embedder.documents(texts)
        return self._embedder.sentences(texts)

    def similarity(self, embeddings1: Array, embeddings2: Array) -> Array:
        """Cosines of all pairs: a float32 tensor (n1, n2)."""
        return cos_sim(embeddings1, embeddings2)

    def similarity_pairwise(self, embeddings1: Array, embeddings2: Array) -> Array:
        """Cosines of row i with row i: a float32 tensor (n,)."""
        return pairwise_cos_sim(embeddings1, embeddings2)


class CptMtebSearch:
    """The hybrid search as mteb asks for it: what ``cpt_rag.search`` finds in a collection.

    The collection lies in a temporary store until the next ``index`` or ``close``; this is a
    context manager too. Every document is cut as text: mteb does not say which language it is in,
    and in CoIR the documents of one task are code and those of its twin are prose.

    Args:
        model: a preset's name, a sentence-transformers folder, or all-MiniLM-L6-v2.

    Raises:
        EncoderError: the name is unknown, or the folder is no usable model.
    """

    def __init__(self, model: str | Path) -> None:
        embedder = load_models([str(model)])[0]
        self._encoder = embedder.encoder
        self._release: weakref.finalize[..., CptMtebSearch] | None = None
        self._documents: DocumentIndex | None = None
        self.mteb_model_meta = _meta(
            f"{embedder.name}-hybrid",
            self._encoder,
            # A collection's identity says nothing of how it is searched; the version stands for it.
            revision=_revision({**_decisive(self._encoder), "version": __version__}),
            model_type=["hybrid"],
        )

    def index(
        self,
        corpus: CorpusDatasetType,
        *,
        task_metadata: TaskMetadata,
        hf_split: str,
        hf_subset: str,
        encode_kwargs: EncodeKwargs,
        num_proc: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Make a collection of ``corpus``; the one before is let go."""
        self.close()
        documents = _texts(corpus, task_metadata, PromptType.document, num_proc)
        with ExitStack() as held:
            store = held.enter_context(TemporaryDirectory(ignore_cleanup_errors=True))
            collection = held.enter_context(
                open_collection("corpus", store, encoder=self._encoder, create=True)
            )
            self._documents = index_documents(
                collection, _progress(documents, "Indexing", len(corpus), encode_kwargs)
            )
            # Also when this object is forgotten, and then before the folder removes itself.
            self._release = weakref.finalize(self, held.pop_all().close)

    def search(
        self,
        queries: QueryDatasetType,
        *,
        task_metadata: TaskMetadata,
        hf_split: str,
        hf_subset: str,
        top_k: int,
        encode_kwargs: EncodeKwargs,
        top_ranked: TopRankedDocumentsType | None = None,
        num_proc: int | None = None,
        **kwargs: Any,
    ) -> RetrievalOutputType:
        """For each query's id, at most ``top_k`` documents' ids and scores, best first.

        Raises:
            InvalidInputError: nothing is indexed, or the task gives candidates to rank again.
        """
        if self._documents is None:
            raise InvalidInputError("There is no collection to search.", remedy="call index first")
        if top_ranked is not None:
            raise InvalidInputError(
                f"{task_metadata.name} gives each query the documents that it is to rank.",
                expected="a task that searches its whole corpus, as the hybrid search does",
                remedy="measure the encoder alone on this task",
            )
        texts = _texts(queries, task_metadata, PromptType.query, num_proc)
        asked = _progress(texts, "Searching", len(queries), encode_kwargs)
        return {name: self._documents.best(text, top_k) for name, text in asked}

    def close(self) -> None:
        """Let go of the collection and remove its store."""
        self._documents = None
        if self._release is not None:
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _texts(
    rows: CorpusDatasetType | QueryDatasetType,
    task_metadata: TaskMetadata,
    role: PromptType,
    num_proc: int | None,
) -> Iterator[tuple[str, str]]:
    """Ids and texts as mteb gives them to an encoder: titles and instructions joined in."""
    batches = create_dataloader(
        rows,
        task_metadata=task_metadata,
        prompt_type=role,
        batch_size=READ_AT_ONCE,
        num_proc=num_proc,
    )
    batch: Any  # its declared type leaves out the ids
    for batch in batches:
        yield from zip(batch["id"], batch["text"], strict=True)


def _progress(
    rows: Iterator[tuple[str, str]], what: str, total: int, encode_kwargs: EncodeKwargs
) -> Iterable[tuple[str, str]]:
    shown = encode_kwargs.get("show_progress_bar", True)
    bar: Iterable[tuple[str, str]] = tqdm(rows, desc=what, total=total, disable=not shown)
    return bar


def _decisive(encoder: Encoder) -> dict[str, Any]:
    """What decides a collection's points; the encoder's name and place do not."""
    identity = identity_of(encoder).to_payload()
    del identity["encoder"]["name"]
    return identity


def _revision(decisive: Mapping[str, Any]) -> str:
    """sha256 of what decides the results; mteb keeps those of each revision apart."""
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def _meta(name: str, encoder: Encoder, **known: Any) -> ModelMeta:
    shipped = encoder.fingerprint.name in SHIPPED
    static = isinstance(encoder, StaticEncoder)
    return ModelMeta.create_empty(
        {
            "name": f"cpt-rag/{name}",
            "embed_dim": encoder.dimension,
            "max_tokens": float("inf") if encoder.max_tokens is None else encoder.max_tokens,
            "use_instructions": bool(encoder.fingerprint.prompts),
            "framework": ["NumPy" if static else "Sentence Transformers"],
            "open_weights": True if shipped else None,
            "license": "apache-2.0" if shipped else None,
            **known,
        }
    )
