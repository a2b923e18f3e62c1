"""A folder of pictures as training data: ``train/``, ``valid/`` and ``test/``, each with one folder per class."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader
from torchvision import datasets

from classifier import Config, InputError, open_image


@dataclass(frozen=True)
class Data:
    train: DataLoader[Any]
    valid: DataLoader[Any]
    test: DataLoader[Any]


class Split(datasets.ImageFolder):
    """``train/``, ``valid/`` or ``test/``. Classes are numbered as in ``train/`` even where some have no folder."""

    def __init__(self, folder: Path, classes: list[str], transform: Callable[..., torch.Tensor]) -> None:
        self._all_classes = classes
        try:
            super().__init__(str(folder), transform, loader=readable_image)
        except FileNotFoundError as error:
            raise InputError(f"{folder}: {error}") from error

    def find_classes(self, directory: str) -> tuple[list[str], dict[str, int]]:
        found = class_folders(Path(directory))
        unknown = sorted(set(found) - set(self._all_classes))
        if unknown:
            raise InputError(f"{directory} has the class {unknown[0]!r}, which train/ does not have.")
        return found, {name: self._all_classes.index(name) for name in found}


def readable_image(path: str) -> Any:
    try:
        return open_image(path)
    except OSError as error:
        raise InputError(f"{path} is no picture that can be read ({error}): replace or remove it.") from error


def find_classes(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: name one with --training, or the job's channel 'training'.")
    missing = [split for split in ("train", "valid", "test") if not (folder / split).is_dir()]
    if missing:
        there = ", ".join(sorted(entry.name for entry in folder.iterdir())[:5]) or "nothing"
        raise InputError(
            f"{folder} has no folder {missing[0]}/ (there is: {there}): it needs train/, valid/ and test/, "
            "each with one folder of pictures per class."
        )
    classes = class_folders(folder / "train")
    if len(classes) < 2:
        raise InputError(f"{folder / 'train'} has {len(classes)} class folders: a classifier needs at least two.")
    return classes


def class_folders(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def load(folder: Path, classes: list[str], config: Config, batch_size: int, workers: int, device: torch.device) -> Data:
    def loader(split: str, training: bool) -> DataLoader[Any]:
        transform = config.for_training() if training else config.for_evaluation()
        return DataLoader(
            Split(folder / split, classes, transform),
            batch_size=batch_size,
            shuffle=training,
            num_workers=workers,
            worker_init_fn=leave_signals_to_the_trainer,
            persistent_workers=workers > 0,
            pin_memory=device.type == "cuda",
        )

    return Data(loader("train", True), loader("valid", False), loader("test", False))


def leave_signals_to_the_trainer(_: int) -> None:
    """A SIGTERM to the whole process group must not kill the readers under a trainer that is about to save."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
