"""Trains the backbone of the small network: ``python3 make_backbone.py`` made ``backbone.pth``.

It learns to tell five of Fashion-MNIST's ten classes apart (T-shirt, Pullover, Coat, Shirt, Bag; 5,500 pictures of
each). The other five it has never seen, nor any picture of a validation or test split. Its head is thrown away. So what
train.py does with it on ten classes is transfer learning as with ImageNet weights, only small: half of the classes are
new to it. Takes about two minutes on one core.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy
import torch
from torch.nn import functional

from classifier import SMALL, Config, SmallNetwork
from fashion_mnist import CLASSES, FOLDER, splits

SEEN = (0, 2, 4, 6, 8)
"""Published labels of the five classes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, default=FOLDER, help="folder of the four published files (%(default)s)")
    parser.add_argument("--target", type=Path, default=Path(__file__).resolve().parent / "backbone.pth")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)

    try:
        data = splits(arguments.source)
    except FileNotFoundError as error:
        parser.error(str(error))
    network = SmallNetwork(classes=len(SEEN))
    train(network, *tensors(data["train"]), epochs=arguments.epochs)
    names = ", ".join(CLASSES[label] for label in SEEN)
    print(f"accuracy on the test pictures of {names}: {accuracy(network, *tensors(data['test'])):.4f}")

    # Half precision halves the file and costs nothing: fine-tuning goes on from there in single precision.
    backbone = {f"backbone.{name}": tensor.half() for name, tensor in network.backbone.state_dict().items()}
    torch.save(backbone, arguments.target)
    print(f"{arguments.target}: {arguments.target.stat().st_size:,} bytes")


def tensors(classes: dict[int, numpy.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    """The seen classes' pictures, normalised, in three equal channels, and their labels counted anew from 0."""
    config = Config.of(SMALL, len(SEEN), None)
    images = numpy.concatenate([classes[label] for label in SEEN])
    labels = numpy.repeat(range(len(SEEN)), [len(classes[label]) for label in SEEN])
    grey = torch.from_numpy(images).float().div(255).sub(config.mean[0]).div(config.std[0])
    return grey.unsqueeze(1).expand(-1, 3, -1, -1), torch.from_numpy(labels)


def train(network: SmallNetwork, pictures: torch.Tensor, labels: torch.Tensor, epochs: int) -> None:
    batch_size, rate = 128, 3e-3
    optimizer = torch.optim.Adam(network.parameters(), rate)
    batches = -(-len(pictures) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=epochs * batches)
    network.train()
    for epoch in range(1, epochs + 1):
        started, total = time.monotonic(), 0.0
        for batch in torch.randperm(len(pictures)).split(batch_size):
            part = pictures[batch]
            loss = functional.cross_entropy(network(part.flip(-1) if torch.rand(1) < 0.5 else part), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        print(
            f"epoch={epoch} train_loss={total / len(pictures):.4f} seconds={time.monotonic() - started:.0f}", flush=True
        )


@torch.no_grad()
def accuracy(network: SmallNetwork, pictures: torch.Tensor, labels: torch.Tensor) -> float:
    network.eval()
    predicted = torch.cat([network(part).argmax(1) for part in pictures.split(500)])
    return (predicted == labels).float().mean().item()


if __name__ == "__main__":
    main()
