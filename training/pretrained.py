"""Networks that have learnt to see already: on ImageNet where its weights can be had, else on Fashion-MNIST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn
from torchvision import models

from classifier import SMALL, Config, InputError, build, head_of

BACKBONE = Path(__file__).resolve().parent / "backbone.pth"
"""The small network's, made by make_backbone.py."""
ANY_IMAGENET = "resnet18"
"""What ``--model auto`` takes when its ImageNet weights are on this machine."""


def choose_architecture(name: str) -> str:
    if name != "auto":
        return name
    if weights_on_this_machine(ANY_IMAGENET):
        return ANY_IMAGENET
    print(f"No ImageNet weights of {ANY_IMAGENET} on this machine: taking our own small backbone.", flush=True)
    return SMALL


def weights_on_this_machine(architecture: str) -> list[Any]:
    checkpoints = Path(torch.hub.get_dir()) / "checkpoints"
    return [kind for kind in models.get_model_weights(architecture) if (checkpoints / Path(kind.url).name).is_file()]


def load(config: Config) -> nn.Module:
    """The network with a pre-trained backbone and a new last layer."""
    network = build(config.architecture, config.classes)
    backbone = small_backbone() if config.architecture == SMALL else imagenet_weights(config.architecture)
    head = head_of(network)
    missing, unexpected = network.load_state_dict(
        {name: weights for name, weights in backbone.items() if name not in head}, strict=False
    )
    if set(missing) - set(head) or unexpected:
        raise InputError(f"The pre-trained weights are not those of {config.architecture}: {[*missing, *unexpected]}")
    return network


def small_backbone() -> dict[str, torch.Tensor]:
    if not BACKBONE.is_file():
        raise InputError(f"{BACKBONE} is missing: make it with make_backbone.py, or take another --model.")
    return dict(torch.load(BACKBONE, map_location="cpu", weights_only=True))


def imagenet_weights(architecture: str) -> dict[str, torch.Tensor]:
    here = weights_on_this_machine(architecture)
    url = here[0].url if here else models.get_model_weights(architecture).DEFAULT.url
    try:
        # Reads the file in TORCH_HOME if there is one.
        return dict(torch.hub.load_state_dict_from_url(url, map_location="cpu", progress=False, check_hash=True))
    except OSError as error:
        raise InputError(
            f"The ImageNet weights of {architecture} are not in {torch.hub.get_dir()}/checkpoints, and {url} cannot be "
            f"had ({error}): put the file there, or take --model {SMALL}."
        ) from error
