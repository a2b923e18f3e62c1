"""Fashion-MNIST as Zalando published it: 70,000 pictures of articles of clothing, 28 x 28, grey, 10 classes (MIT)."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import NamedTuple

import numpy

FOLDER = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts the four files."""

CLASSES = ("T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle_boot")
"""In the order of the published labels 0 to 9."""

VALIDATION_PER_CLASS = 500
"""The last pictures of each class in the published training file: never trained on, by the backbone neither."""


class Pictures(NamedTuple):
    images: numpy.ndarray
    """Bytes, picture x row x column."""
    labels: numpy.ndarray


def published(name: str, folder: Path = FOLDER) -> Pictures:
    """``train`` (60,000) or ``t10k`` (10,000), in the published order.

    Raises:
        FileNotFoundError: the files are not there, with how to get them.
    """
    files = [folder / f"{name}-{kind}.gz" for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")]
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise FileNotFoundError(
            f"{', '.join(missing)} not found: install Debian's package dataset-fashion-mnist, "
            "or put the files of github.com/zalandoresearch/fashion-mnist there."
        )
    # IDX: a header of 16 bytes (images: magic, count, rows, columns) or 8 (labels: magic, count), then the bytes.
    images, labels = (gzip.decompress(file.read_bytes()) for file in files)
    return Pictures(
        numpy.frombuffer(images, numpy.uint8, offset=16).reshape(-1, 28, 28),
        numpy.frombuffer(labels, numpy.uint8, offset=8),
    )


def splits(folder: Path = FOLDER) -> dict[str, dict[int, numpy.ndarray]]:
    """``train``, ``valid`` and ``test``: for each class its pictures. Test is the published test file alone."""
    train, test = published("train", folder), published("t10k", folder)
    of_train = {label: train.images[train.labels == label] for label in range(len(CLASSES))}
    return {
        "train": {label: images[:-VALIDATION_PER_CLASS] for label, images in of_train.items()},
        "valid": {label: images[-VALIDATION_PER_CLASS:] for label, images in of_train.items()},
        "test": {label: test.images[test.labels == label] for label in range(len(CLASSES))},
    }
