"""One pass over the training pictures after the other, and one over others to see what it was good for."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

from checkpoint import State
from dataset import Data, seed_of
from ranks import Ranks

STOP_EVERY = 10
"""Batches between two questions to all ranks whether one of them was told to stop."""


class Stopped(Exception):  # noqa: N818 (not an error)
    """SIGTERM came."""


class StopSignal:
    """Notes a SIGTERM; the loops ask between batches, so that nothing is left half done."""

    def __init__(self) -> None:
        self.requested = False
        signal.signal(signal.SIGTERM, self._request)

    def check(self, group: Ranks) -> None:
        """All ranks stop at the same batch: none waits for one that has gone.

        Raises:
            Stopped: SIGTERM came, to one of them.
        """
        if group.any(self.requested):
            raise Stopped

    def _request(self, *_: object) -> None:
        self.requested = True


@dataclass(frozen=True)
class Plan:
    """What decides where a training ends, beside its data and its network."""

    epochs: int
    learning_rate: float
    only_head: bool
    """The last layer alone is trained; all others stay as they are."""
    seed: int


class Trainer:
    """Network and optimizer on their way through the epochs."""

    def __init__(
        self, network: nn.Module, data: Data, group: Ranks, plan: Plan, stop: StopSignal, state: State | None
    ) -> None:
        """
        Args:
            state: of an earlier trainer, to go on from.
        """
        self.network = network
        self.data = data
        self.group = group
        self.plan = plan
        self.stop = stop
        trained = [weights for weights in network.parameters() if weights.requires_grad]
        self._optimizer = torch.optim.AdamW(trained, plan.learning_rate)
        self.done = 0
        """Epochs until now."""
        if state is not None:
            network.load_state_dict(state.tensors["network"])
            self._optimizer.load_state_dict(
                {"state": state.tensors["optimizer"], "param_groups": state.notes["groups"]}
            )
            self.done = state.notes["epochs"]
        self._shared = group.share(network)
        steps = len(data.train)
        # The schedule's place is a number of steps: minus one is before the first.
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, plan.learning_rate, total_steps=plan.epochs * steps, last_epoch=self.done * steps - 1
        )

    def state(self) -> State:
        optimizer = self._optimizer.state_dict()
        return State(
            {"network": self.network.state_dict(), "optimizer": optimizer["state"]},
            {"epochs": self.done, "groups": optimizer["param_groups"]},
        )

    def leave(self) -> None:
        """The end of what ranks do together."""
        # The wrapper first: it would take the last of the group with it, and PyTorch 1.13 may hang then, waiting with
        # Python's lock for gloo's threads, which want that lock to let go of a tensor.
        self._shared = self.network
        self.group.leave()

    def epoch(self) -> float:
        """The next epoch. Returns the mean loss over all ranks' pictures.

        Raises:
            Stopped: it is not finished.
        """
        # What is random depends on the epoch, not on those before it: a training that goes on is the same one.
        torch.manual_seed(seed_of(self.plan.seed, self.done + 1, self.group.rank))
        self.data.order.set_epoch(self.done + 1)
        # A frozen backbone stays as it is: in training mode its batch normalisation would drift to this data.
        self._shared.train(not self.plan.only_head)
        device = self.group.device
        total = torch.zeros((), device=device)
        seen = 0
        for step, (pictures, labels) in enumerate(self.data.train):
            if step % STOP_EVERY == 0:
                self.stop.check(self.group)
            pictures, labels = pictures.to(device, non_blocking=True), labels.to(device, non_blocking=True)
            loss = functional.cross_entropy(self._shared(pictures), labels)
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
            self._schedule.step()
            total += loss.detach() * len(labels)
            seen += len(labels)
        self.done += 1
        if not self.plan.only_head:
            self.group.copy_first(self.network.buffers())
        total_loss, pictures_seen = self.group.sum(total, seen)
        return total_loss / pictures_seen


@dataclass(frozen=True)
class Score:
    """Means over pictures."""

    loss: float
    accuracy: float


@torch.no_grad()
def evaluate(network: nn.Module, data: DataLoader[Any], group: Ranks, stop: StopSignal) -> Score:
    """Of all ranks' parts together."""
    network.eval()
    loss = torch.zeros((), device=group.device)
    right = torch.zeros((), device=group.device, dtype=torch.long)
    count = 0
    for pictures, labels in data:
        if group.world == 1:  # several have not all the same number of batches: they would wait for each other
            stop.check(group)
        pictures, labels = pictures.to(group.device, non_blocking=True), labels.to(group.device, non_blocking=True)
        scores = network(pictures)
        loss += functional.cross_entropy(scores, labels, reduction="sum")
        right += (scores.argmax(1) == labels).sum()
        count += len(labels)
    total_loss, total_right, total = group.sum(loss, right, count)
    return Score(total_loss / total, total_right / total)
