"""A transformer of which low-rank adapters are trained, by the peft library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from peft import LoraConfig, PeftModel, get_peft_model
from torch import nn

from cpt_rag.errors import InvalidInputError
from cpt_training.models.transformer import TransformerTrainable
from cpt_training.sections.lora import Lora


class LoraTrainable(TransformerTrainable):
    """`Trainable` whose weights are frozen but for adapters; they are merged when it is saved."""

    def save(self, out: Path) -> None:
        """Write plain weights; from then on there are no adapters left to train."""
        transformer: Any = self.model[0]
        if isinstance(transformer.model, PeftModel):
            # A small difference would be lost in the half precision of a frozen weight.
            transformer.model = transformer.model.float().merge_and_unload()
        super().save(out)


def add_adapters(trainable: TransformerTrainable, config: Lora) -> LoraTrainable:
    """Freeze the transformer and put adapters beside its layers; at first they change nothing.

    Raises:
        InvalidInputError: a target names no linear layer.
    """
    transformer: Any = trainable.model[0]
    linear = {
        name.rpartition(".")[2]
        for name, module in transformer.model.named_modules()
        if isinstance(module, nn.Linear)
    }
    if unknown := set(config.targets) - linear:
        raise InvalidInputError(
            f"{type(transformer.model).__name__} has no linear layers {sorted(unknown)}.",
            expected=f"some of {', '.join(sorted(linear))}",
            remedy="change lora.targets",
        )
    adapters = LoraConfig(
        r=config.rank, lora_alpha=config.alpha, target_modules=list(config.targets)
    )
    transformer.model = get_peft_model(transformer.model, adapters)
    return LoraTrainable(trainable.model)
