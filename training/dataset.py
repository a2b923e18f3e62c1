"""A folder of pictures as training data: ``train/``, ``valid/`` and ``test/``, each with one folder per class."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, Subset
from torch.utils.data.distributed import DistributedSampler
from torchvision import datasets

from classifier import Config, InputError, open_image
from ranks import Ranks


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


class TrainingSplit(Split):
    """``train/`` with random changes, which depend on seed, epoch and picture alone: not on who reads it, and when."""

    def __init__(self, folder: Path, classes: list[str], transform: Callable[..., torch.Tensor], seed: int) -> None:
        super().__init__(folder, classes, transform)
        self._seed = seed

    def __getitem__(self, key: tuple[int, int]) -> Any:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed_of(self._seed, *key))
            return super().__getitem__(key[1])


class Order(DistributedSampler[Any]):
    """A rank's part of an epoch: the pictures of all ranks' nth batches are those of one process's nth batch."""

    def __iter__(self) -> Iterator[tuple[int, int]]:
        # With the epoch: processes that read for us live longer than one.
        return ((self.epoch, index) for index in super().__iter__())


def seed_of(*numbers: int) -> int:
    """One number of several, for ``torch.manual_seed``."""
    return int.from_bytes(hashlib.blake2b(repr(numbers).encode(), digest_size=8).digest(), "big")


@dataclass(frozen=True)
class Data:
    train: DataLoader[Any]
    order: Order
    """Of ``train``: it must be told the epoch."""
    valid: DataLoader[Any]
    """This rank's part."""
    test: DataLoader[Any]
    """All of it."""

    def read(self, epoch: int) -> str:
        """For the log, where it can be compared between ranks: how many pictures this one reads, and which."""
        split: TrainingSplit = self.train.dataset  # type: ignore[assignment]
        self.order.set_epoch(epoch)
        names = sorted({str(Path(split.samples[index][0]).relative_to(split.root)) for _, index in self.order})
        digest = hashlib.sha256("\n".join(names).encode()).hexdigest()
        return f"samples={len(names)} of={len(split)} samples_sha256={digest}"


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


def load(
    folder: Path, classes: list[str], config: Config, batch_size: int, workers: int, seed: int, ranks: Ranks
) -> Data:
    """
    Args:
        batch_size: pictures a step, of all ranks together.
    """
    if batch_size % ranks.world != 0:
        raise InputError(f"--batch-size {batch_size} cannot be divided by {ranks.world} processes.")

    def loader(split: Any, order: Order | None = None) -> DataLoader[Any]:
        return DataLoader(
            split,
            batch_size=batch_size // ranks.world,
            sampler=order,
            num_workers=workers,
            worker_init_fn=leave_signals_to_the_trainer,
            persistent_workers=workers > 0,
            pin_memory=ranks.device.type == "cuda",
        )

    train = TrainingSplit(folder / "train", classes, config.for_training(), seed)
    order = Order(train, ranks.world, ranks.rank, shuffle=True, seed=seed)
    valid, test = (Split(folder / name, classes, config.for_evaluation()) for name in ("valid", "test"))
    part = range(ranks.rank, len(valid), ranks.world)
    return Data(loader(train, order), order, loader(Subset(valid, part)), loader(test))


def leave_signals_to_the_trainer(_: int) -> None:
    """A SIGTERM to the whole process group must not kill the readers under a trainer that is about to save."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
