"""Fine-tunes an image classifier on a folder of pictures: ``python3 train.py``, here or as a SageMaker training job.

Data: ``train/``, ``valid/`` and ``test/``, each with one folder of pictures per class; in a job the channel
``training``, else ``data/dogs`` if it is there, else ``data/fashion-mnist``.

Log: ``epoch=1 train_loss=… valid_loss=… valid_accuracy=…`` after each epoch, and when all is done the same figures of
the weights that were kept, with ``test_loss=… test_accuracy=…``. All are means over pictures, so they can be compared
between batch sizes. Accuracies are fractions.

Model: the weights of the epoch with the lowest valid_loss, the class names, and the code that serves them
(``code/``), so that the job's model.tar.gz can be deployed as it is.

SIGTERM (SageMaker's stop, maximum runtime or a spot interruption) ends the training with the best weights so far.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

import dataset
import pretrained
from classifier import ARCHITECTURES, SMALL, Config, InputError, ModelFolder, head_of, label_of

HERE = Path(__file__).resolve().parent
INFERENCE_CODE = ("inference.py", "classifier.py", "image_url.py")


class Stopped(Exception):  # noqa: N818 (not an error)
    """SIGTERM came."""


def main() -> None:
    options = parse_arguments()
    seed_everything(options.seed)
    stop = StopSignal()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    architecture = pretrained.choose_architecture(options.model)
    classes = dataset.find_classes(options.training)
    config = Config.of(architecture, len(classes), options.image_size)
    data = dataset.load(options.training, classes, config, options.batch_size, options.workers, device)
    network = pretrained.load(config).to(device)
    trained = choose_parameters(network, options.fine_tune)
    print(
        f"Training {sum(weights.numel() for weights in trained):,} weights "
        f"({'the last layer' if options.fine_tune == 'last' else 'all layers'} of {architecture}) on {device}: "
        f"{len(data.train.dataset)} pictures of {len(classes)} classes from {options.training}, "
        f"{config.image_size} x {config.image_size}",
        flush=True,
    )

    model = ModelFolder(options.model_dir)
    model.describe(config, [label_of(folder) for folder in classes])
    copy_inference_code(model.path / "code")
    training = Training(network, trained, data, device, options, stop)
    best = training.run(model)
    if best is None:
        print("Stopped before the first epoch was done: the weights are kept as they are.", flush=True)
        model.save_weights(network)
        return
    kept = f"best_epoch={best.epoch} {best.metrics}"
    try:
        test = evaluate(model.network(device), data.test, device, stop)
    except Stopped:
        print(f"Stopped: the best weights so far are kept. {kept}", flush=True)
        return
    # The kept weights' figures come last, because a job's final metrics are the last ones in its log.
    print(f"{kept} test_loss={test.loss:.4f} test_accuracy={test.accuracy:.4f}", flush=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=whole_from(1), default=15, help="passes over the data (%(default)s)")
    parser.add_argument("--learning-rate", type=positive, default=0.01, help="the highest of one cycle (%(default)s)")
    parser.add_argument("--batch-size", type=whole_from(1), default=32, help="pictures a step (%(default)s)")
    parser.add_argument("--image-size", type=whole_from(8), help="pixels a side (28 for small, else 224)")
    parser.add_argument(
        "--model",
        choices=("auto", *ARCHITECTURES),
        default="auto",
        help=f"auto: {pretrained.ANY_IMAGENET} if TORCH_HOME has its ImageNet weights, else {SMALL} (%(default)s)",
    )
    parser.add_argument("--fine-tune", choices=("last", "all"), default="last", help="layers to train (%(default)s)")
    parser.add_argument("--seed", type=whole_from(0), default=0, help="same seed, same model (%(default)s)")
    parser.add_argument(
        "--workers",
        type=whole_from(0),
        default=0,
        help="processes that read pictures, for photographs as many as CPUs (%(default)s: this one reads); "
        "the same seed gives the same model only with the same number",
    )
    parser.add_argument(
        "--training",
        type=Path,
        default=os.environ.get("SM_CHANNEL_TRAINING") or local_data(),
        help="folder of train/, valid/ and test/ (%(default)s)",
    )
    parser.add_argument(
        "--model-dir",
        type=Path,
        default=os.environ.get("SM_MODEL_DIR") or HERE / "out" / "model",
        help="folder to save the model to (%(default)s)",
    )
    return parser.parse_args()


def whole_from(least: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} on")
        return int(text)

    return whole


def positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def local_data() -> Path:
    dogs = HERE / "data" / "dogs"
    return dogs if dogs.is_dir() else HERE / "data" / "fashion-mnist"


def seed_everything(seed: int) -> None:
    random.seed(seed)
    numpy.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    torch.backends.cudnn.deterministic = True


class StopSignal:
    """Notes a SIGTERM; the loops ask between batches, so that nothing is left half done."""

    def __init__(self) -> None:
        self.requested = False
        signal.signal(signal.SIGTERM, self._request)

    def check(self) -> None:
        """
        Raises:
            Stopped: SIGTERM came.
        """
        if self.requested:
            raise Stopped

    def _request(self, *_: object) -> None:
        self.requested = True


def choose_parameters(network: nn.Module, fine_tune: str) -> list[nn.Parameter]:
    head = head_of(network)
    for name, weights in network.named_parameters():
        weights.requires_grad = fine_tune == "all" or name in head
    return [weights for weights in network.parameters() if weights.requires_grad]


@dataclass(frozen=True)
class Score:
    """Means over pictures."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class Best:
    epoch: int
    loss: float
    metrics: str


class Training:
    """The epochs of one run."""

    def __init__(
        self,
        network: nn.Module,
        trained: list[nn.Parameter],
        data: dataset.Data,
        device: torch.device,
        options: argparse.Namespace,
        stop: StopSignal,
    ) -> None:
        self._network = network
        self._data = data
        self._device = device
        self._epochs: int = options.epochs
        self._only_head: bool = options.fine_tune == "last"
        self._stop = stop
        self._optimizer = torch.optim.AdamW(trained, options.learning_rate)
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, options.learning_rate, total_steps=options.epochs * len(data.train)
        )

    def run(self, model: ModelFolder) -> Best | None:
        """Saves the weights of each epoch that is the best so far; None when not even one was done.

        Raises:
            InputError: the loss is no number in the first epoch.
        """
        best: Best | None = None
        try:
            for epoch in range(1, self._epochs + 1):
                started = time.monotonic()
                train_loss = self._epoch()
                valid = evaluate(self._network, self._data.valid, self._device, self._stop)
                metrics = f"train_loss={train_loss:.4f} valid_loss={valid.loss:.4f} valid_accuracy={valid.accuracy:.4f}"
                print(f"epoch={epoch} {metrics} seconds={time.monotonic() - started:.1f}", flush=True)
                if not math.isfinite(train_loss + valid.loss):
                    if best is None:
                        raise InputError("The loss is no number after one epoch: take a lower --learning-rate.")
                    print("The loss is no number any more: training ends here.", flush=True)
                    break
                if best is None or valid.loss < best.loss:
                    best = Best(epoch, valid.loss, metrics)
                    model.save_weights(self._network)
        except Stopped:
            pass  # the best until now is saved
        return best

    def _epoch(self) -> float:
        # A frozen backbone stays as it is: in training mode its batch normalisation would drift to this data.
        self._network.train(not self._only_head)
        total = torch.zeros((), device=self._device)
        pictures_seen = 0
        for pictures, labels in self._data.train:
            self._stop.check()
            pictures, labels = pictures.to(self._device, non_blocking=True), labels.to(self._device, non_blocking=True)
            loss = functional.cross_entropy(self._network(pictures), labels)
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
            self._schedule.step()
            total += loss.detach() * len(labels)
            pictures_seen += len(labels)
        return total.item() / pictures_seen


@torch.no_grad()
def evaluate(network: nn.Module, data: DataLoader[Any], device: torch.device, stop: StopSignal) -> Score:
    network.eval()
    loss = torch.zeros((), device=device)
    right = torch.zeros((), device=device, dtype=torch.long)
    count = 0
    for pictures, labels in data:
        stop.check()
        pictures, labels = pictures.to(device, non_blocking=True), labels.to(device, non_blocking=True)
        scores = network(pictures)
        loss += functional.cross_entropy(scores, labels, reduction="sum")
        right += (scores.argmax(1) == labels).sum()
        count += len(labels)
    return Score(loss.item() / count, right.item() / count)


def copy_inference_code(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in INFERENCE_CODE:
        shutil.copyfile(HERE / name, folder / name)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        # The training toolkit's FailureReason begins at the first line of stderr that names a Python error
        # (sagemaker_training/process.py, watch): this way it is the message, not a traceback.
        sys.exit(f"ValueError: {error}")
