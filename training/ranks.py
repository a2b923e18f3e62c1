"""The processes that train together: who they are, and what they tell each other.

``torchrun`` starts one process for each GPU of each host (else one a host) and numbers them: their *ranks*. SageMaker
without a launcher starts the script once on every host; then the hosts themselves are the ranks. One process alone is
rank 0 of 1, and everything here is true of it too.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

PATIENCE = timedelta(minutes=10)
"""For a rank that does not come, or does not answer any more: then the others fail, and with them the job."""

_sent: deque[torch.Tensor] = deque(maxlen=8)
"""Tensors that gloo's threads may still hold (two threads, one each). Were theirs the last reference, they would wait
for Python's lock to free it, while the process group's destructor has that lock and waits for them: torch 1.13 never
ends then.
"""


@dataclass(frozen=True)
class Ranks:
    rank: int
    world: int
    """How many there are."""
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this is the one that writes the model and the figures."""
        return self.rank == 0

    def share(self, network: nn.Module) -> nn.Module:
        """The network to train with: all start with the first rank's weights and step by their gradients' mean."""
        return DistributedDataParallel(network) if self.world > 1 else network

    def sum(self, *numbers: torch.Tensor | float) -> list[float]:
        """Sums over all ranks; each of them must ask."""
        sums = torch.tensor([float(number) for number in numbers], dtype=torch.float64, device=self.device)
        if self.world > 1:
            distributed.all_reduce(sums)
            _sent.append(sums)
        return sums.tolist()

    def any(self, mine: bool) -> bool:
        """Whether it is true of one of them; each of them must ask."""
        return self.sum(float(mine))[0] > 0

    def of_first(self, make: Callable[[], Any]) -> Any:
        """What ``make`` returns to the first rank: the others may have other files."""
        values = [make() if self.first else None]
        if self.world > 1:
            distributed.broadcast_object_list(values)
        return values[0]

    def copy_first(self, tensors: Iterable[torch.Tensor]) -> None:
        """Overwrites them with the first rank's, what each has counted on its own: the means of its batches."""
        if self.world > 1:
            for tensor in tensors:
                distributed.broadcast(tensor, 0)

    def leave(self) -> None:
        if self.world > 1:
            distributed.barrier()  # the first rank keeps the address book: it must not go before the others
            distributed.destroy_process_group()


def join() -> Ranks:
    """Waits until all ranks are there.

    Raises:
        RuntimeError: one has not come in time.
    """
    rank, world = number()
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    if world > 1:
        # MASTER_ADDR and MASTER_PORT, where they meet, are torchrun's, or those of SageMaker's PyTorch image.
        backend = "nccl" if device.type == "cuda" else "gloo"
        distributed.init_process_group(backend, rank=rank, world_size=world, timeout=PATIENCE)
    return Ranks(rank, world, device)


def number() -> tuple[int, int]:
    """This rank, and how many there are."""
    if "RANK" in os.environ:
        return int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    hosts = json.loads(os.environ.get("SM_HOSTS", "[]"))
    return (hosts.index(os.environ["SM_CURRENT_HOST"]), len(hosts)) if hosts else (0, 1)


def fingerprint(network: nn.Module) -> str:
    """SHA-256 of the weights: equal weights, equal text."""
    digest = hashlib.sha256()
    for weights in network.parameters():
        digest.update(weights.detach().cpu().numpy().tobytes())
    return digest.hexdigest()
