"""Writes Fashion-MNIST as image folders: ``python3 make_data.py`` made ``data/fashion-mnist`` (1,000 pictures).

``python3 make_data.py --full`` writes all 70,000 into ``data/fashion-full``. Same arguments, same files.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy
from PIL import Image

from fashion_mnist import CLASSES, FOLDER, splits

DATA = Path(__file__).resolve().parent / "data"
SUBSET = {"train": 60, "valid": 20, "test": 20}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all pictures instead of 1,000")
    parser.add_argument("--source", type=Path, default=FOLDER, help="folder of the four published files (%(default)s)")
    parser.add_argument("--target", type=Path, help="folder to write (data/fashion-mnist or data/fashion-full)")
    arguments = parser.parse_args()
    target = arguments.target or DATA / ("fashion-full" if arguments.full else "fashion-mnist")

    there = [target / split for split in SUBSET if (target / split).exists()]
    if there:
        parser.error(f"{there[0]} is there already: remove it first, nothing is overwritten.")

    try:
        pictures = splits(arguments.source)
    except FileNotFoundError as error:
        parser.error(str(error))
    count = 0
    for split, classes in pictures.items():
        for label, images in classes.items():
            count += write(images if arguments.full else images[: SUBSET[split]], target / split / CLASSES[label])
    print(f"{count} pictures in {target}")


def write(images: numpy.ndarray, folder: Path) -> int:
    """One small grey PNG a picture, numbered from 0."""
    folder.mkdir(parents=True)
    for index, pixels in enumerate(images):
        Image.fromarray(pixels).save(folder / f"{index:04}.png", optimize=True)
    return len(images)


if __name__ == "__main__":
    main()
