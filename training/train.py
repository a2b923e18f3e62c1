"""Fine-tunes an image classifier on a folder of pictures: ``python3 train.py``, here or as a SageMaker training job.

Data: ``train/``, ``valid/`` and ``test/``, each with one folder of pictures per class; in a job the channel
``training``, else ``data/dogs`` if it is there, else ``data/fashion-mnist``.

Log: ``epoch=1 train_loss=… valid_loss=… valid_accuracy=…`` after each epoch, and when all is done the same figures of
the weights that were kept, with ``test_loss=… test_accuracy=…``. All are means over pictures, so they can be compared
between batch sizes. Accuracies are fractions.

On several hosts, or with several GPUs, the processes share the work: each step takes ``--batch-size`` pictures, a part
from each of them, so that the result is that of one process (exactly with ``--fine-tune last`` and numbers that can be
divided; all layers normalise each part on its own). Each says what it read in its first epoch and what it ended with:
``samples=150 of=600 samples_sha256=… rank=1 world=4`` and ``weights_sha256=… rank=1 world=4``. Equal weights on all of
them, and samples that differ, are what cooperation looks like.

Model: the weights of the epoch with the lowest valid_loss, the class names, and the code that serves them
(``code/``), so that the job's model.tar.gz can be deployed as it is.

SIGTERM (SageMaker's stop, maximum runtime or a spot interruption) ends the training with the best weights so far. After
each epoch a checkpoint is written; a job that finds one goes on after it, to the same end as if nothing had happened.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy
import torch
from torch import nn

import checkpoint
import dataset
import pretrained
import ranks
from classifier import ARCHITECTURES, SMALL, Config, InputError, ModelFolder, head_of, label_of
from trainer import Plan, Stopped, StopSignal, Trainer, evaluate

HERE = Path(__file__).resolve().parent
INFERENCE_CODE = ("inference.py", "classifier.py", "image_url.py")


def main() -> None:
    options = parse_arguments()
    seed_everything(options.seed)
    stop = StopSignal()

    architecture = pretrained.choose_architecture(options.model)
    classes = dataset.find_classes(options.training)
    config = Config.of(architecture, len(classes), options.image_size)
    network = pretrained.load(config)
    weights = choose_parameters(network, options.fine_tune)
    group = ranks.join()
    network.to(group.device)
    data = dataset.load(options.training, classes, config, options.batch_size, options.workers, options.seed, group)
    if group.first:
        together = f", {group.world} processes" if group.world > 1 else ""
        print(
            f"Training {weights:,} weights "
            f"({'the last layer' if options.fine_tune == 'last' else 'all layers'} of {architecture}) "
            f"on {group.device.type}{together}: "
            f"{len(data.train.dataset)} pictures of {len(classes)} classes from {options.training}, "
            f"{config.image_size} x {config.image_size}",
            flush=True,
        )

    plan = Plan(options.epochs, options.learning_rate, options.fine_tune == "last", options.seed)
    settings = {**asdict(config), **asdict(plan), "batch_size": options.batch_size}
    saved = checkpoint.Checkpoint(options.checkpoint_dir, settings)
    state = group.of_first(saved.load)
    trainer = Trainer(network, data, group, plan, stop, state)
    model = ModelFolder(options.model_dir)
    if group.first:
        model.describe(config, [label_of(folder) for folder in classes])
        copy_inference_code(model.path / "code")
    best = fit(trainer, model, saved, None if state is None else Best.of(state))
    print(f"weights_sha256={ranks.fingerprint(network)} rank={group.rank} world={group.world}", flush=True)
    trainer.leave()
    if group.first:
        finish(trainer, model, best)


@dataclass(frozen=True)
class Best:
    epoch: int
    loss: float
    metrics: str
    weights: dict[str, torch.Tensor]

    @staticmethod
    def of(state: checkpoint.State) -> Best:
        return Best(**state.notes["best"], weights=state.tensors["best"])

    def added_to(self, state: checkpoint.State) -> checkpoint.State:
        notes = {"epoch": self.epoch, "loss": self.loss, "metrics": self.metrics}
        return checkpoint.State({**state.tensors, "best": self.weights}, {**state.notes, "best": notes})


def fit(trainer: Trainer, model: ModelFolder, saved: checkpoint.Checkpoint, best: Best | None) -> Best | None:
    """All epochs that are left. Saves the weights of each one that is the best so far; None when not even one was done.

    Raises:
        InputError: the loss is no number in the first epoch.
    """
    group, resumed = trainer.group, trainer.done
    if best and group.first:
        print(f"Going on after epoch {resumed}, where a checkpoint was written.", flush=True)
        model.save_weights(best.weights)
    while trainer.done < trainer.plan.epochs:
        started = time.monotonic()
        try:
            train_loss = trainer.epoch()
            valid = evaluate(trainer.network, trainer.data.valid, group, trainer.stop)
        except Stopped:
            break  # the best until now is saved
        if trainer.done == resumed + 1:
            print(f"{trainer.data.read(trainer.done)} rank={group.rank} world={group.world}", flush=True)
        metrics = f"train_loss={train_loss:.4f} valid_loss={valid.loss:.4f} valid_accuracy={valid.accuracy:.4f}"
        if group.first:
            print(f"epoch={trainer.done} {metrics} seconds={time.monotonic() - started:.1f}", flush=True)
        if not math.isfinite(train_loss + valid.loss):
            if best is None:
                raise InputError("The loss is no number after one epoch: take a lower --learning-rate.")
            if group.first:
                print("The loss is no number any more: training ends here.", flush=True)
            break
        if best is None or valid.loss < best.loss:
            weights = {name: values.detach().cpu().clone() for name, values in trainer.network.state_dict().items()}
            best = Best(trainer.done, valid.loss, metrics, weights)
            if group.first:
                model.save_weights(weights)
        if group.first:
            saved.save(best.added_to(trainer.state()))
    return best


def finish(trainer: Trainer, model: ModelFolder, best: Best | None) -> None:
    """Tests the weights that were kept: alone, since the other ranks are done."""
    if best is None:
        print("Stopped before the first epoch was done: the weights are kept as they are.", flush=True)
        model.save_weights(trainer.network.state_dict())
        return
    kept = f"best_epoch={best.epoch} {best.metrics}"
    device = trainer.group.device
    try:
        test = evaluate(model.network(device), trainer.data.test, ranks.Ranks(0, 1, device), trainer.stop)
    except Stopped:
        print(f"Stopped: the best weights so far are kept. {kept}", flush=True)
        return
    # The kept weights' figures come last, because a job's final metrics are the last ones in its log.
    print(f"{kept} test_loss={test.loss:.4f} test_accuracy={test.accuracy:.4f}", flush=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=whole_from(1), default=15, help="passes over the data (%(default)s)")
    parser.add_argument("--learning-rate", type=positive, default=0.01, help="the highest of one cycle (%(default)s)")
    parser.add_argument("--batch-size", type=whole_from(1), default=32, help="pictures a step, in all (%(default)s)")
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
        help="processes that read pictures, for photographs as many as CPUs (%(default)s: this one reads)",
    )
    parser.add_argument(
        "--training",
        type=Path,
        default=os.environ.get("SM_CHANNEL_TRAINING") or local_data(),
        help="folder of train/, valid/ and test/ (%(default)s)",
    )
    parser.add_argument(
        "--checkpoint-dir",
        type=Path,
        default=checkpoint.default_folder(),
        help="folder of the checkpoint to write and to go on from (%(default)s)",
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


def choose_parameters(network: nn.Module, fine_tune: str) -> int:
    """Freezes the others. Returns how many weights are left to train."""
    head = head_of(network)
    for name, weights in network.named_parameters():
        weights.requires_grad = fine_tune == "all" or name in head
    return sum(weights.numel() for weights in network.parameters() if weights.requires_grad)


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
