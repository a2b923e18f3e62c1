"""What training and inference agree on: the networks, how a picture becomes their input, and a saved model's files.

A saved model is a folder with

- ``model.pth``: the network's weights (a state dict),
- ``config.json``: the architecture and how pictures are prepared for it,
- ``labels.json``: ``{"0": "Ankle boot", ...}``, index to class name (may be missing).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import numpy
import torch
from PIL import Image, ImageOps
from torch import nn
from torchvision import models, transforms

SMALL = "small"
"""Our own network for small pictures; its backbone lies beside this file (``make_backbone.py``)."""

ARCHITECTURES = (
    SMALL,
    "mobilenet_v3_small",
    "mobilenet_v3_large",
    "efficientnet_b0",
    "resnet18",
    "resnet34",
    "resnet50",
)
"""Each ends in one linear layer, whose weight and bias are the last two entries of the state dict."""


class InputError(ValueError):
    """Something is wrong with the data or the arguments: the message says what, and what to do."""


class SmallNetwork(nn.Module):
    """Three convolutions, 52,824 weights without the head. Takes pictures of any size from 8 pixels on."""

    def __init__(self, classes: int) -> None:
        super().__init__()

        def block(channels_in: int, channels_out: int) -> list[nn.Module]:
            convolution = nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1, bias=False)
            return [convolution, nn.BatchNorm2d(channels_out), nn.ReLU(inplace=True)]

        self.backbone = nn.Sequential(
            *block(3, 24),
            nn.MaxPool2d(2),
            *block(24, 48),
            nn.MaxPool2d(2),
            *block(48, 96),
            # Four quarters instead of one mean: where something is tells a shoe from a shirt.
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
        )
        self.head = nn.Linear(4 * 96, classes)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.head(self.backbone(pictures))
        return scores


def build(architecture: str, classes: int) -> nn.Module:
    """The network with random weights; nothing is downloaded."""
    if architecture == SMALL:
        return SmallNetwork(classes)
    network: nn.Module = models.get_model(architecture, weights=None, num_classes=classes)
    return network


def head_of(network: nn.Module) -> list[str]:
    """Names of the last layer's weight and bias."""
    return [name for name, _ in network.named_parameters()][-2:]


@dataclass(frozen=True)
class Config:
    """How pictures are prepared, and for which network. Sizes in pixels; mean and std per channel of values 0 to 1."""

    architecture: str
    classes: int
    image_size: int
    resize: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @staticmethod
    def of(architecture: str, classes: int, image_size: int | None) -> Config:
        """With the figures that the architecture's first weights were trained with."""
        if architecture == SMALL:
            # Fashion-MNIST's mean and deviation. Nothing is cut off: its articles fill the picture.
            size = image_size or 28
            return Config(architecture, classes, size, size, (0.286, 0.286, 0.286), (0.353, 0.353, 0.353))
        size = image_size or 224
        return Config(architecture, classes, size, size * 256 // 224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))

    def for_training(self) -> transforms.Compose:
        """A random part, mirrored half of the time; a small part only of photographs, whose subject is large."""
        smallest = 0.85 if self.architecture == SMALL else 0.4
        part = transforms.RandomResizedCrop(self.image_size, scale=(smallest, 1.0))
        return transforms.Compose([part, transforms.RandomHorizontalFlip(), *self._to_tensor()])

    def for_evaluation(self) -> transforms.Compose:
        """The middle, with its proportions kept."""
        middle = [transforms.Resize(self.resize), transforms.CenterCrop(self.image_size)]
        return transforms.Compose([*middle, *self._to_tensor()])

    def _to_tensor(self) -> list[object]:
        return [transforms.ToTensor(), transforms.Normalize(self.mean, self.std)]


def open_image(source: str | IO[bytes]) -> Image.Image:
    """The picture in RGB, the way up that its camera noted; training and inference read with this same function.

    Raises:
        OSError: the file is no picture, or damaged.
    """
    with Image.open(source) as image:
        return to_rgb(image)


def to_rgb(image: Image.Image) -> Image.Image:
    """Grey, palette, CMYK, 16 bits and transparency as RGB; what is transparent becomes white, as on a page."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits of grey, which convert() would clip to white
        image = Image.fromarray((numpy.asarray(image).astype("uint32") >> 8).astype("uint8"))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def label_of(folder: str) -> str:
    """The class name that a person reads.

    >>> label_of("001.Affenpinscher"), label_of("Ankle_boot")
    ('Affenpinscher', 'Ankle boot')
    """
    return re.sub(r"^\d+\.", "", folder).replace("_", " ")


class ModelFolder:
    """A saved model. Files are replaced as a whole: a process that is killed leaves the old one or the new one."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def describe(self, config: Config, labels: list[str]) -> None:
        """Writes everything but the weights."""
        self.path.mkdir(parents=True, exist_ok=True)
        named = {str(index): label for index, label in enumerate(labels)}
        for name, content in (("config.json", asdict(config)), ("labels.json", named)):
            with self._replacing(name) as file:
                file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def save_weights(self, weights: dict[str, torch.Tensor]) -> None:
        with self._replacing("model.pth") as file:
            torch.save(weights, file)

    def config(self) -> Config:
        """
        Raises:
            FileNotFoundError: this is not a model that train.py saved.
        """
        file = self.path / "config.json"
        if not file.is_file():
            raise FileNotFoundError(f"{file} is missing: this is not a model that train.py saved.")
        values = json.loads(file.read_text(encoding="utf-8"))
        return Config(**{**values, "mean": tuple(values["mean"]), "std": tuple(values["std"])})

    def labels(self) -> list[str] | None:
        """Class names in the order of the scores; None when the model came without them."""
        file = self.path / "labels.json"
        if not file.is_file():
            return None
        named = json.loads(file.read_text(encoding="utf-8"))
        return [named[str(index)] for index in range(len(named))]

    def network(self, device: torch.device) -> nn.Module:
        """The trained network, ready to predict. The weights are read as data: a file with code in it is refused."""
        config = self.config()
        network = build(config.architecture, config.classes)
        network.load_state_dict(torch.load(self.path / "model.pth", map_location=device, weights_only=True))
        return network.to(device).eval()

    @contextmanager
    def _replacing(self, name: str) -> Iterator[Path]:
        unfinished = self.path / f"{name}.part"
        yield unfinished
        unfinished.replace(self.path / name)
