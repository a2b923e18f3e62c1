"""What a training needs to go on where another process was stopped.

SageMaker keeps ``/opt/ml/checkpoints`` in step with the S3 address of the job's ``CheckpointConfig``: a job that starts
again, because its spot instance was taken away or because somebody started it anew, finds there what the last one left.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

NAME = "checkpoint.pth"


def default_folder() -> Path | None:
    """SageMaker's, where the script runs as a job."""
    folder = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "checkpoints"
    return folder if folder.is_dir() else None


@dataclass(frozen=True)
class State:
    tensors: dict[str, Any]
    """Dicts of tensors; on the CPU when they were loaded."""
    notes: dict[str, Any]
    """Whatever is JSON."""


class Checkpoint:
    """One file, replaced as a whole: a process that is killed leaves the old one or the new one.

    It belongs to ``settings``: under others the rest of the training would be another one.
    """

    def __init__(self, folder: Path | None, settings: Mapping[str, object]) -> None:
        self._file = None if folder is None else folder / NAME
        self._settings = json.loads(json.dumps(settings))

    def save(self, state: State) -> None:
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._file.with_suffix(".part")
        # Notes as text: read as data only, which keeps code out, files of PyTorch 1.13 have no floats.
        torch.save({"tensors": state.tensors, "notes": json.dumps([self._settings, state.notes])}, unfinished)
        unfinished.replace(self._file)

    def load(self) -> State | None:
        """What was saved last; None when there is nothing to go on from."""
        if self._file is None or not self._file.is_file():
            return None
        content = torch.load(self._file, map_location="cpu", weights_only=True)
        settings, notes = json.loads(content["notes"])
        if settings != self._settings:
            other = sorted(name for name, value in self._settings.items() if settings.get(name) != value)
            print(f"{self._file} is of a training with another {', '.join(other)}: this one starts anew.", flush=True)
            return None
        return State(content["tensors"], notes)
