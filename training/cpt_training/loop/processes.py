"""One process or many under ``torchrun``: what they share is written once, here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import numpy as np
import torch
from numpy.typing import NDArray
from torch import distributed

from cpt_rag.errors import InvalidInputError


def start() -> torch.device:
    """Join the other processes, where ``torchrun`` started some, and give this one's device."""
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device(f"cuda:{local}" if torch.cuda.is_available() else "cpu")
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not distributed.is_initialized():
        backend = "nccl" if device.type == "cuda" else "gloo"
        # The first may read a corpus for hours while the others wait for it.
        distributed.init_process_group(backend, timeout=timedelta(days=1))
    if device.type == "cuda":
        torch.cuda.set_device(device)
    return device


def stop() -> None:
    """Leave the other processes."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def rank() -> int:
    """Which process this is, from 0."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def size() -> int:
    """How many processes there are."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def wait() -> None:
    """Until every process has come here."""
    if distributed.is_initialized():
        distributed.barrier()


def gather(tensor: torch.Tensor) -> torch.Tensor:
    """The rows of every process, in the order of ranks, without a gradient.

    Their numbers may differ, everything else of their shape may not.
    """
    if size() == 1:
        return tensor
    lengths = [torch.zeros(1, dtype=torch.int64, device=tensor.device) for _ in range(size())]
    distributed.all_gather(lengths, torch.tensor([len(tensor)], device=tensor.device))
    longest = max(int(length) for length in lengths)
    padded = tensor.new_zeros((longest, *tensor.shape[1:]))
    padded[: len(tensor)] = tensor
    parts = [torch.empty_like(padded) for _ in lengths]
    distributed.all_gather(parts, padded)
    return torch.cat([part[: int(n)] for part, n in zip(parts, lengths, strict=True)])


def add_up(tensors: Iterable[torch.Tensor]) -> None:
    """Replace each tensor by its sum over all processes."""
    if size() > 1:
        for tensor in tensors:
            distributed.all_reduce(tensor)


def share(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """This process's part of a batch's rows, all parts of one length; a rest waits its turn.

    Raises:
        InvalidInputError: there are fewer rows than processes.
    """
    each = len(rows) // size()
    if not each:
        raise InvalidInputError(
            f"A kind of pair has {len(rows)} rows for {size()} processes.",
            expected="at least one for each",
            remedy="take the kind out of data.kinds, or start fewer processes",
        )
    return rows[rank() * each : (rank() + 1) * each]


def agree(wish: bool, device: torch.device) -> bool:
    """Whether any process wishes it: then all do."""
    flag = torch.tensor(float(wish), device=device)
    add_up([flag])
    return bool(flag > 0)


@contextmanager
def first_alone() -> Iterator[None]:
    """The first process goes through the block before the others do."""
    if rank():
        wait()
    try:
        yield
    finally:
        if not rank():
            wait()
