"""Checkpoints published with classes of their own, as configurations of transformers' classes.

Each of these files asks for Python code from its repository. None of it is run: transformers has
a class that computes the same, and renames the weights as it reads them; what is left to do here is
to spell the configuration as that class has it. What it does not compute is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cpt_rag.errors import EncoderError

Config = dict[str, Any]


def native_config(config: Mapping[str, Any]) -> Config | None:
    """The configuration of the class that stands in; None where it is native as it is.

    Args:
        config: the published config.json.

    Raises:
        EncoderError: a setting that the class does not have.
    """
    translate = _LAYOUTS.get(str(config.get("model_type")))
    native = translate(dict(config)) if translate else None
    if native is not None:
        native.pop("auto_map", None)
    return native


def _gemma2(config: Config) -> Config:
    """SFR-Embedding-Code-2B_R: Gemma 2 in which every token sees every other."""
    return config | {
        "model_type": "gemma2",
        "architectures": ["Gemma2Model"],
        "is_causal": False,
        "use_bidirectional_attention": True,
    }


def _t5(config: Config) -> Config:
    """CodeT5+ embedding: the encoder of T5; its projection becomes a module of its own."""
    return config | {
        "model_type": "t5",
        "architectures": ["T5EncoderModel"],
        "is_encoder_decoder": False,
    }


def _gte(config: Config) -> Config:
    """SFR-Embedding-Code-400M_R: GTE's BERT with rotary positions and gated layers."""
    _require(
        config,
        position_embedding_type="rope",
        layer_norm_type="layer_norm",
        pack_qkv=True,
        logn_attention_scale=False,
    )
    theta = float(config.pop("rope_theta", 10000.0))
    scaling = config.pop("rope_scaling", None)
    rope = _ntk(theta, scaling, config) if scaling else {"rope_type": "default"}
    return config | {
        "model_type": "gte",
        "architectures": ["GteModel"],
        "rope_parameters": {"rope_theta": theta} | rope,
    }


def _ntk(theta: float, scaling: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """Fixed NTK scaling, (theta * f)^(-2i/d) / f^(2/d), as a linear one over another base.

    Source: Su, "Transformer Upgrade Roads 10: RoPE is a beta-ary encoding", 2023,
    https://kexue.fm/archives/9675 and /9706.
    """
    if scaling.get("type") != "ntk" or scaling.get("mixed_b") is not None:
        raise _unsupported("rope_scaling", scaling, "fixed NTK scaling")
    factor = float(scaling["factor"])
    head = config["hidden_size"] // config["num_attention_heads"]
    return {
        "rope_type": "linear",
        "rope_theta": theta * factor,
        "factor": factor ** (2 / head),
    }


def _nomic_bert(config: Config) -> Config | None:
    """CodeRankEmbed: Nomic's BERT, whose configuration was published with GPT-2's names."""
    if "n_embd" not in config:
        return None
    _require(
        config,
        activation_function="swiglu",
        prenorm=False,
        parallel_block=False,
        qkv_proj_bias=False,
        mlp_fc1_bias=False,
        mlp_fc2_bias=False,
        use_rms_norm=None,
        causal=False,
        rotary_emb_fraction=1.0,
        rotary_emb_interleaved=False,
        rotary_emb_scale_base=None,
        rotary_scaling_factor=None,
    )
    padded = config.get("pad_vocab_size_multiple", 1)
    return {
        "model_type": "nomic_bert",
        "architectures": ["NomicBertModel"],
        "vocab_size": -(-config["vocab_size"] // padded) * padded,
        "hidden_size": config["n_embd"],
        "num_hidden_layers": config["n_layer"],
        "num_attention_heads": config["n_head"],
        "intermediate_size": config["n_inner"],
        "max_position_embeddings": config["n_positions"],
        "type_vocab_size": config["type_vocab_size"],
        "layer_norm_eps": config["layer_norm_epsilon"],
        "hidden_act": "silu",
        "pad_token_id": config.get("pad_token_id") or 0,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": float(config["rotary_emb_base"]),
        },
    }


_LAYOUTS: dict[str, Callable[[Config], Config | None]] = {
    "codexembed2b": _gemma2,
    "codet5p_embedding": _t5,
    "new": _gte,
    "nomic_bert": _nomic_bert,
}


def _require(config: Mapping[str, Any], **wanted: Any) -> None:
    """Refuse settings of other values; one that is not there, or null or false, counts as off."""
    for name, value in wanted.items():
        if name in config and (config[name] or None) != (value or None):
            raise _unsupported(name, config[name], repr(value))


def _unsupported(name: str, found: object, wanted: str) -> EncoderError:
    return EncoderError(
        f"The checkpoint's config.json has {name} = {found!r}.",
        expected=wanted,
        remedy="this variant of the architecture cannot be run here",
    )
