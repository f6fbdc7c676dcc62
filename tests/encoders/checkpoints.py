"""Published checkpoints in small: file names, configuration and names of tensors as they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import save_file

from . import tokenizers_of
from .checkpoint_files import (
    HIDDEN,
    fuse,
    renamed,
    write,
    write_code,
    write_dense,
    write_modules,
    write_parts,
)


@dataclass(frozen=True)
class Tiny:
    """A checkpoint in its published layout and the model that its weights are those of."""

    preset: str
    model: Any
    projections: tuple[tuple[torch.Tensor, torch.Tensor | None], ...] = ()
    dimension: int = HIDDEN


Build = Callable[[Path], Tiny]


def bert(directory: Path) -> Tiny:
    """all-MiniLM-L6-v2: nothing but what sentence-transformers writes."""
    config = transformers.BertConfig(
        vocab_size=tokenizers_of.bert(directory), intermediate_size=48, **_small()
    )
    model = _seeded(transformers.BertModel, config)
    write(directory, config.to_dict() | {"architectures": ["BertModel"]}, model.state_dict())
    write_modules(directory, "mean", 256)
    return Tiny("all-minilm-l6-v2", model)


def nomic_bert(directory: Path) -> Tiny:
    """CodeRankEmbed: GPT-2's names for settings, flash-attention's for tensors."""
    vocabulary = -(-tokenizers_of.bert(directory) // 64) * 64
    config = transformers.NomicBertConfig(
        vocab_size=vocabulary, intermediate_size=48, max_position_embeddings=128, **_small()
    )
    model = _seeded(transformers.NomicBertModel, config)
    tensors = fuse(model.state_dict(), "attn.Wqkv", ["self_attn.q_proj", "self_attn.k_proj",
                                                      "self_attn.v_proj"])  # fmt: skip
    names = {
        "layers.": "encoder.layers.", "embeddings.LayerNorm": "emb_ln",
        "self_attn.o_proj": "attn.out_proj", "mlp.up_proj": "mlp.fc11",
        "mlp.gate_proj": "mlp.fc12", "mlp.down_proj": "mlp.fc2",
        "post_attention_layernorm": "norm1", "post_mlp_layernorm": "norm2",
    }  # fmt: skip
    published = {
        "activation_function": "swiglu", "architectures": ["NomicBertModel"], "causal": False,
        "layer_norm_epsilon": 1e-12, "mlp_fc1_bias": False, "mlp_fc2_bias": False,
        "model_type": "nomic_bert", "n_embd": HIDDEN, "n_head": 2, "n_inner": 48, "n_layer": 2,
        "n_positions": 128, "pad_vocab_size_multiple": 64, "parallel_block": False,
        "prenorm": False, "qkv_proj_bias": False, "rotary_emb_base": 1000,
        "rotary_emb_fraction": 1.0, "rotary_emb_interleaved": False,
        "rotary_scaling_factor": None, "type_vocab_size": 2, "vocab_size": vocabulary - 3,
        "auto_map": {"AutoConfig": "configuration_hf_nomic_bert.NomicBertConfig",
                     "AutoModel": "modeling_hf_nomic_bert.NomicBertModel"},
    }  # fmt: skip
    write(directory, published, renamed(tensors, names))
    write_code(directory, "configuration_hf_nomic_bert", "modeling_hf_nomic_bert")
    write_modules(
        directory, "cls", 128, {"query": "Represent this query for searching relevant code: "}
    )
    return Tiny("coderankembed", model)


def qwen2(directory: Path) -> Tiny:
    """Qodo-Embed, OASIS, jina-code-embeddings, nomic-embed-code: parts, an index, no prompts."""
    config = transformers.Qwen2Config(
        vocab_size=tokenizers_of.qwen(directory),
        intermediate_size=48,
        num_key_value_heads=1,
        max_position_embeddings=128,
        **_small(),
    )
    model = _seeded(transformers.Qwen2Model, config)
    tensors = model.state_dict()
    published = config.to_dict() | {
        "architectures": ["Qwen2ForCausalLM"],
        "auto_map": {"AutoModel": "modeling_qwen.Qwen2Model"},
    }
    write(directory, published, {})
    write_parts(directory, {f"model.{name}": tensor for name, tensor in tensors.items()})
    write_code(directory, "modeling_qwen", "tokenization_qwen")
    write_modules(directory, "lasttoken", 128)
    return Tiny("jina-code-embeddings-0.5b", model)


def qwen3(directory: Path) -> Tiny:
    """Qwen3-Embedding-0.6B: an instruction before the query, bfloat16 weights."""
    config = transformers.Qwen3Config(
        vocab_size=tokenizers_of.qwen(directory),
        intermediate_size=48,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=128,
        **_small(),
    )
    model = _seeded(transformers.Qwen3Model, config).to(torch.bfloat16)
    published = config.to_dict() | {"architectures": ["Qwen3ForCausalLM"], "dtype": "bfloat16"}
    write(directory, published, model.state_dict())
    write_modules(directory, "lasttoken", 128, {"query": "Instruct: Given a query\nQuery:"}, True)
    return Tiny("qwen3-embedding-0.6b", model)


def gemma2(directory: Path) -> Tiny:
    """SFR-Embedding-Code-2B_R: Gemma 2 inside a wrapper, both under names of their own."""
    config = transformers.Gemma2Config(
        vocab_size=tokenizers_of.gemma(directory),
        intermediate_size=48,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=128,
        sliding_window=64,
        use_bidirectional_attention=True,
        **_small() | {"is_causal": False},
    )
    model = _seeded(transformers.Gemma2Model, config)
    published = config.to_dict() | {
        "architectures": ["CodeXEmbedModel2B"], "model_type": "codexembed2b",
        "cache_implementation": "hybrid",
        "auto_map": {"AutoConfig": "configuration_gemma2.CodeXEmbedConfig",
                     "AutoModel": "modeling_gemma2.CodeXEmbedModel2B"},
    }  # fmt: skip
    for name in ("is_causal", "use_bidirectional_attention"):
        published.pop(name, None)
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    write(directory, published, {})
    write_parts(directory, tensors)
    write_code(directory, "configuration_gemma2", "modeling_gemma2")
    write_modules(directory, "lasttoken", 128)
    return Tiny("sfr-embedding-code-2b", model)


def gemma3(directory: Path) -> Tiny:
    """EmbeddingGemma: both directions, mean pooling and two projections."""
    config = transformers.Gemma3TextConfig(
        vocab_size=tokenizers_of.gemma(directory),
        intermediate_size=48,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=128,
        sliding_window=64,
        use_bidirectional_attention=True,
        **_small(),
    )
    model = _seeded(transformers.Gemma3TextModel, config)
    sliding = {"sliding_window": 64}  # the configuration halves it when it is made
    write(directory, config.to_dict() | sliding, model.state_dict())
    prompts = {"query": "task: search result | query: ", "document": "title: none | text: "}
    write_modules(directory, "mean", 128, prompts, True, dense=2)
    widen, narrow = torch.randn(48, HIDDEN), torch.randn(HIDDEN, 48)
    for place, weight in (("2_Dense", widen), ("3_Dense", narrow)):
        write_dense(directory / place, weight)
    return Tiny("embeddinggemma-300m", model, ((widen, None), (narrow, None)))


def gte(directory: Path) -> Tiny:
    """SFR-Embedding-Code-400M_R: Alibaba's "new" BERT, fused projections, NTK-scaled rotation."""
    config = transformers.GteConfig(
        vocab_size=tokenizers_of.bert(directory),
        intermediate_size=48,
        max_position_embeddings=128,
        type_vocab_size=2,
        pad_token_id=0,
        # Of NTK scaling by 2 over 160,000, as published, with heads of 16: see the test of it.
        rope_parameters={"rope_type": "linear", "rope_theta": 3.2e5, "factor": 2 ** (2 / 16)},
        **_small(),
    )
    model = _seeded(transformers.GteModel, config)
    tensors = fuse(model.state_dict(), "attention.qkv_proj", [
        "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"])  # fmt: skip
    tensors = fuse(tensors, "mlp.up_gate_proj", ["mlp.up_proj", "mlp.gate_proj"])
    names = {
        "layers.": "encoder.layer.", "self_attn.o_proj": "attention.o_proj",
        "post_attention_layernorm": "attn_ln", "post_mlp_layernorm": "mlp_ln",
    }  # fmt: skip
    published = {
        "architectures": ["NewModel"], "attention_probs_dropout_prob": 0.0, "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1, "hidden_size": HIDDEN, "intermediate_size": 48,
        "layer_norm_eps": 1e-12, "layer_norm_type": "layer_norm", "max_position_embeddings": 128,
        "model_type": "new", "num_attention_heads": 2, "num_hidden_layers": 2, "pack_qkv": True,
        "pad_token_id": 0, "position_embedding_type": "rope", "rope_theta": 160000,
        "rope_scaling": {"factor": 2.0, "type": "ntk"}, "type_vocab_size": 2,
        "unpad_inputs": False, "use_memory_efficient_attention": False,
        "vocab_size": config.vocab_size, "auto_map": {"AutoConfig": "configuration.NewConfig",
                                                      "AutoModel": "modeling.NewModel"},
    }  # fmt: skip
    write(directory, published, renamed(tensors, names))
    write_code(directory, "configuration", "modeling")
    write_modules(directory, "cls", 128)
    return Tiny("sfr-embedding-code-400m", model)


def codet5p(directory: Path) -> Tiny:
    """codet5p-110m-embedding: a pickle of T5's encoder and a projection, no module files."""
    config = transformers.T5Config(
        vocab_size=tokenizers_of.roberta(directory),
        d_model=HIDDEN,
        d_kv=16,
        d_ff=48,
        num_layers=2,
        num_heads=2,
        feed_forward_proj="relu",
    )
    model = _seeded(transformers.T5EncoderModel, config)
    weight, bias = torch.randn(8, HIDDEN), torch.randn(8)
    published = {
        "architectures": ["CodeT5p_Embedding"], "model_type": "codet5p_embedding",
        "bos_token_id": 1, "d_ff": 48, "d_kv": 16, "d_model": HIDDEN, "embed_dim": 8,
        "dense_act_fn": "relu", "dropout_rate": 0.1, "eos_token_id": 2,
        "feed_forward_proj": "relu", "is_encoder_decoder": True, "is_gated_act": False,
        "layer_norm_epsilon": 1e-6, "n_positions": 128, "num_heads": 2, "num_layers": 2,
        "pad_token_id": 0, "relative_attention_max_distance": 128,
        "relative_attention_num_buckets": 32, "vocab_size": config.vocab_size,
        "auto_map": {"AutoConfig": "configuration_codet5p_embedding.CodeT5pEmbeddingConfig",
                     "AutoModel": "modeling_codet5p_embedding.CodeT5pEmbeddingModel"},
    }  # fmt: skip
    write(directory, published, {})
    tensors = model.state_dict() | {"proj.weight": weight, "proj.bias": bias}
    torch.save(tensors, directory / "pytorch_model.bin")
    write_code(directory, "configuration_codet5p_embedding", "modeling_codet5p_embedding")
    return Tiny("codet5p-110m-embedding", model, ((weight, bias),), dimension=8)


LAYOUTS: tuple[Build, ...] = (bert, nomic_bert, qwen2, qwen3, gemma2, gemma3, gte, codet5p)


def potion(directory: Path) -> torch.Tensor:
    """potion-code-16M: model2vec's three tensors; gives each token's row, (vocabulary, 16)."""
    torch.manual_seed(0)
    size = tokenizers_of.model2vec(directory)
    rows, mapping = torch.randn(40, 16), torch.randint(0, 40, (size,))
    weights = torch.rand(size) + 0.5
    config = {"normalize": True, "embedding_dtype": "float32", "vocabulary_quantization": 40}
    (directory / "config.json").write_text(json.dumps(config))
    tensors = {"embeddings": rows, "mapping": mapping, "weights": weights}
    save_file(tensors, directory / "model.safetensors")
    return rows[mapping] * weights[:, None]


def _small() -> dict[str, Any]:
    return {"hidden_size": HIDDEN, "num_hidden_layers": 2, "num_attention_heads": 2}


def _seeded(kind: Any, config: Any) -> Any:
    torch.manual_seed(0)
    model = kind(config)
    for tensor in model.parameters():
        if tensor.ndim > 1:  # as drawn, they are so near zero that all texts are alike
            torch.nn.init.normal_(tensor, std=0.5)
    return model.eval()
