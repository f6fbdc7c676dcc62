"""Make the int8 form of a transformer: export, quantise, hold to the plain model, keep."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpt_rag.encoders.load import locate
from cpt_rag.encoders.onnx import REMEDY, OnnxEncoder
from cpt_rag.encoders.onnx_export import export, quantise
from cpt_rag.encoders.onnx_form import MODEL, VOCABULARY, Form, Source, file_digest
from cpt_rag.encoders.own_texts import own_texts
from cpt_rag.encoders.transformer import TransformerEncoder
from cpt_rag.errors import EncoderError, MissingExtraError

if TYPE_CHECKING:
    from cpt_rag.types import Encoder, Float32Array

LEAST_COSINE = 0.99
"""Mean over a build's texts below which a form is not kept; a collection takes vectors of one text
that are nearer than this for one encoder's."""
TEXTS = 64
SHAPES = ("bert",)
MODULES = {"Transformer", "Pooling", "Normalize"}
_EXTRA = ("onnx", "onnxruntime", "tokenizers")
_VERSIONS = (*_EXTRA, "sentence-transformers", "torch", "transformers")


def build_onnx(name_or_path: str | Path) -> tuple[Path, Form]:
    """Make the int8 ONNX form of a transformer in the user's cache, where it is not there yet.

    From then on ``load_encoder`` takes the form, where onnxruntime is installed. A form is in its
    place whole or not at all, whatever ends the build.

    Args:
        name_or_path: as ``load_encoder`` takes it.

    Returns:
        The form's folder, and what its manifest says.

    Raises:
        EncoderError: the model is not of BERT's shape, cannot be exported, or its form is further
            from it than `LEAST_COSINE`; or the cache cannot be written.
        MissingExtraError: torch, sentence-transformers, onnx or onnxruntime is not installed.
    """
    source = Source(locate(name_or_path))
    place = source.place
    there = _whole(source)
    if there is not None:
        return place, there
    _require_packages(source.directory)
    plain = TransformerEncoder(source.directory)
    _require_shape(plain.model, source.directory)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="building-", dir=place.parent) as scratch:
            form = _make(source, plain, Path(scratch) / "form")
            if place.exists():  # and is damaged
                place.rename(Path(scratch) / "damaged")
            (Path(scratch) / "form").rename(place)
    except OSError as error:
        raise EncoderError(
            f"The int8 form of {source.directory} cannot be written: {error}",
            expected=f"a folder {place.parent} that can be written to, with room for the model",
            remedy="free some space, or name another cache folder: XDG_CACHE_HOME on Linux",
        ) from error
    return place, form


def _whole(source: Source) -> Form | None:
    """The form that is there, or None where there is none, or a damaged one."""
    try:
        return source.form()
    except EncoderError:
        return None


def _make(source: Source, plain: TransformerEncoder, folder: Path) -> Form:
    """Write the form of ``plain`` to ``folder``, its manifest last."""
    folder.mkdir()
    graph = folder.parent / "float32.onnx"
    export(plain.model, graph)
    _save_tokenizer(plain.model.tokenizer, folder / VOCABULARY)
    said = own_texts(TEXTS)
    expected = _vectors(plain, said)
    for careful in (False, True):
        quantise(graph, folder / MODEL, careful=careful)
        form = _form(source, plain, folder)
        found = _vectors(OnnxEncoder(source.directory, folder, form), said)
        cosines = (found * expected).sum(axis=1).tolist()
        mean = sum(cosines) / len(cosines)
        if mean >= LEAST_COSINE:
            form = replace(form, texts=len(cosines), cosine=mean, least_cosine=min(cosines))
            form.write(folder)
            return form
    raise EncoderError(
        f"The int8 form of {plain.fingerprint.name} has a mean cosine of {mean:.4f}.",
        expected=f"at least {LEAST_COSINE} with the plain model, over {len(cosines)} texts",
        remedy="use the model without --onnx: its weights do not survive int8",
    )


def _form(source: Source, plain: TransformerEncoder, folder: Path) -> Form:
    """The manifest of what is in ``folder``, before it is measured."""
    print_ = plain.fingerprint
    return Form(
        source=source.digest,
        files={name: file_digest(folder / name) for name in (MODEL, VOCABULARY)},
        fingerprint={
            "weights": print_.weights,
            "tokenizer": print_.tokenizer,
            "dimension": print_.dimension,
            "pooling": print_.pooling,
            "prompts": dict(print_.prompts),
        },
        prompts=_prompts(plain.model),
        max_tokens=_max_tokens(plain),
        versions={name: metadata.version(name) for name in _VERSIONS},
    )


def _vectors(encoder: Encoder, texts: tuple[list[str], list[str]]) -> Float32Array:
    """Of code as documents and of docstrings as queries, float32 (texts, dimension)."""
    import numpy as np

    code, said = texts
    return np.concatenate([encoder.encode_document(code), encoder.encode_query(said)])


def _save_tokenizer(tokenizer: Any, path: Path) -> None:
    from tokenizers import Tokenizer

    own = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    own.no_truncation()
    own.no_padding()
    own.save(str(path))


def _prompts(model: Any) -> dict[str, str]:
    """What ``encode_query`` and ``encode_document`` put in front of a text."""
    usual = model.prompts.get(model.default_prompt_name)
    chosen = {"query": model.prompts.get("query", usual), "document": usual}
    for name in ("document", "passage", "corpus"):
        if name in model.prompts:
            chosen["document"] = model.prompts[name]
            break
    return {role: prompt or "" for role, prompt in chosen.items()}


def _max_tokens(plain: TransformerEncoder) -> int:
    transformer: Any = plain.model[0]
    positions = int(transformer.model.config.max_position_embeddings)
    return min(plain.max_tokens or positions, positions)


def _require_shape(model: Any, directory: Path) -> None:
    modules = [type(module).__name__ for module in model]
    config = getattr(getattr(model[0], "model", None), "config", None)
    shape = getattr(config, "model_type", "no transformer")
    if shape not in SHAPES or not set(modules) <= MODULES:
        raise EncoderError(
            f"{directory} is {', '.join(modules)} over {shape}.",
            expected=f"{', '.join(sorted(MODULES))} over {' or '.join(SHAPES)}",
            remedy="use the model as it is, without --onnx",
        )
    if any(model.prompts.values()) and not all(
        getattr(module, "include_prompt", True) for module in model
    ):
        raise EncoderError(
            f"{directory} leaves its prompt's tokens out when it pools.",
            expected="a model that pools over all tokens",
            remedy="use the model as it is, without --onnx",
        )


def _require_packages(directory: Path) -> None:
    missing = [name for name in _EXTRA if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"The int8 form of {directory.name} needs {' and '.join(missing)}, not installed here.",
            expected="the extra 'onnx'",
            remedy=REMEDY,
        )
