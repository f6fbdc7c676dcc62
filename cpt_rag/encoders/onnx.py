"""Transformers in int8: onnxruntime, numpy and the tokenizers library, without torch.

A text's activations are scaled by their own range, so texts are run one by one: in a batch, the
vector of a text would depend on its neighbours. Each core runs texts of its own.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.encoders.blank import blank_text
from cpt_rag.encoders.cores import cores
from cpt_rag.encoders.onnx_form import INPUT, MODEL, VOCABULARY, Form
from cpt_rag.errors import EncoderError, MissingExtraError

if TYPE_CHECKING:
    from cpt_rag.types import Fingerprint, Float32Array

REMEDY = 'pip install "cpt-rag[onnx]"'


class OnnxEncoder:
    """The int8 form of a transformer, made by ``build_onnx``.

    Its fingerprint is that of the model it is a form of: collections made by either are searched
    by both.

    Args:
        directory: the sentence-transformers directory.
        folder: where its form lies.
        form: what is known of the form.

    Raises:
        MissingExtraError: onnxruntime or tokenizers is not installed.
        EncoderError: onnxruntime cannot read the form.
    """

    def __init__(self, directory: Path, folder: Path, form: Form) -> None:
        try:
            import onnxruntime
            import tokenizers
        except ImportError as error:
            raise MissingExtraError(
                f"The int8 form of {directory.name} needs onnxruntime and tokenizers, which are "
                "not installed.",
                expected="the extra 'onnx'",
                remedy=REMEDY,
            ) from error
        self._form = form
        self._fingerprint = form.of(directory)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                folder / MODEL, options, providers=["CPUExecutionProvider"]
            )
            vocabulary = str(folder / VOCABULARY)
            self._whole, self._cut = map(tokenizers.Tokenizer.from_file, [vocabulary] * 2)
        except Exception as error:
            raise EncoderError(
                f"{folder} cannot be loaded: {error}",
                expected="an int8 form that this version of onnxruntime reads",
                remedy="delete the folder, and build the form again",
            ) from error
        self._cut.enable_truncation(form.max_tokens)

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        return self._fingerprint.dimension

    @property
    def fingerprint(self) -> Fingerprint:
        """What a collection remembers of this encoder: the plain model's."""
        return self._fingerprint

    @property
    def max_tokens(self) -> int | None:
        """Tokens that one text may have before it is cut."""
        return self._form.max_tokens

    def count_tokens(self, text: str) -> int:
        """Length of ``text`` in tokens, special tokens included."""
        return len(self._whole.encode(text).ids)

    def encode_query(self, texts: Sequence[str]) -> Float32Array:
        """Unit rows, float32 (n, dimension), with the model's query prompt."""
        return self._encode("query", texts)

    def encode_document(self, texts: Sequence[str]) -> Float32Array:
        """Unit rows, float32 (n, dimension), with the model's document prompt."""
        return self._encode("document", texts)

    def _encode(self, role: str, texts: Sequence[str]) -> Float32Array:
        import numpy as np

        for place, text in enumerate(texts):
            if not text.strip():
                raise blank_text(place, len(texts))
        prompt = self._form.prompts[role]
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)

        def run(place: int) -> None:
            vectors[place] = self._vector(prompt + texts[place])

        # The longest first, so that no core is left with a long one when the others are done.
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        count = min(threads(), len(texts))
        if count < 2:
            for place in order:
                run(place)
            return vectors
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(count) as pool:
            for _ in pool.map(run, order):
                pass
        return vectors

    def _vector(self, text: str) -> Float32Array:
        """Unit vector, float32 (dimension,)."""
        import numpy as np

        ids = np.asarray([self._cut.encode(text).ids], dtype=np.int64)
        [[vector]] = self._session.run(None, {INPUT: ids})
        unit: Float32Array = vector / np.linalg.norm(vector)
        return unit


def threads() -> int:
    """Texts to run at a time: all cores, unless ``OMP_NUM_THREADS`` says otherwise, as to torch."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    return int(said) if said.isdecimal() and int(said) else cores()
