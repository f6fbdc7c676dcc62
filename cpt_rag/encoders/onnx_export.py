"""A sentence-transformers model as an ONNX graph, and that graph in int8."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpt_rag.encoders.onnx_form import INPUT
from cpt_rag.errors import EncoderError

if TYPE_CHECKING:
    from torch import Tensor

OPSET = 17
_FEED_FORWARD = re.compile(r"/layer\.\d+/output/dense/")
_SAMPLE = "def retry(times): return times"


def export(model: Any, out: Path) -> None:
    """Write the graph from token ids, int64 (1, tokens), to a text's pooled state, (1, dimension).

    The whole model is traced, its pooling too, so that what pools here is sentence-transformers.

    Args:
        model: a ``SentenceTransformer`` on the CPU.
        out: the ONNX file, in float32.

    Raises:
        EncoderError: the exporter does not know some part of the model.
    """
    import torch

    class Pooled(torch.nn.Module):
        """Token ids in, pooled state out."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Tensor) -> Tensor:
            pooled: Tensor = self.model({INPUT: input_ids})["sentence_embedding"]
            return pooled

    ids = model.tokenizer([_SAMPLE], return_tensors="pt")[INPUT]
    model.eval().float()
    try:
        model[0].model.set_attn_implementation("eager")
        with torch.no_grad(), warnings.catch_warnings():
            # Of shapes that a trace fixes: the form is held to the model at other lengths.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Pooled(),
                (ids,),
                str(out),
                dynamo=False,
                opset_version=OPSET,
                input_names=[INPUT],
                output_names=["pooled"],
                dynamic_axes={INPUT: {1: "tokens"}},
            )
    except Exception as error:
        raise EncoderError(
            f"{type(model[0].model).__name__} cannot be exported to ONNX: {error}",
            expected="a transformer that torch.onnx.export can trace",
            remedy="use the model without --onnx: sentence-transformers runs it as it is",
        ) from error


def quantise(graph: Path, out: Path, *, careful: bool) -> None:
    """Write ``graph`` with the weights of its layers in int8, one scale for each output channel.

    Activations are scaled as they come, all of a text alike (dynamic quantisation). Token
    embeddings and the products within attention stay float32. Weights have seven bits: with eight,
    the 16-bit sums of processors without VNNI instructions can overflow, and a form may be carried
    from one machine to another.

    Args:
        graph: what `export` wrote.
        out: the ONNX file, in int8.
        careful: leave the second matrix of every feed-forward block in float32. Its input, behind
            the activation function, has the widest range, and costs the most when it is rounded.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with_shapes = graph.with_suffix(".shapes.onnx")
    quant_pre_process(graph, with_shapes, skip_symbolic_shape=True, skip_optimization=True)
    names = [node.name for node in onnx.load(with_shapes).graph.node]
    quantize_dynamic(
        with_shapes,
        out,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=[name for name in names if careful and _FEED_FORWARD.search(name)],
    )
