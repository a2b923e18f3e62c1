"""Serves a model that train.py saved, in SageMaker's PyTorch inference container.

Takes a picture (JPEG, PNG, WebP, GIF; grey, palette, transparent or turned by EXIF alike) as image/jpeg, image/png,
image/webp, image/gif, application/x-image or application/octet-stream, or JSON: ``{"image": "<base64>"}`` or
``{"url": "https://…"}`` (see image_url.py for what is fetched).

Answers application/json::

    {"predictions": [{"label": "Bag", "index": 1, "probability": 0.98, "score": 7.1}, …],   the five best
     "labels": ["Ankle boot", "Bag", …], "scores": [0.2, 7.1, …]}                            all, in the model's order

or text/csv: ``label,probability,score`` for all classes, best first.

What cannot be read is answered with 415, what is too large with 413, other mistakes with 400, an Accept that asks for
anything else with 406.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import struct
import zlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import torch
from PIL import Image, UnidentifiedImageError
from torch import nn

from classifier import Config, ModelFolder, to_rgb
from image_url import FetchError, fetch

try:
    from sagemaker_inference.errors import BaseInferenceToolkitError
except ImportError:  # outside of the container

    class BaseInferenceToolkitError(Exception):  # type: ignore[no-redef]
        """As in sagemaker-inference-toolkit: the one exception whose HTTP status the server takes over."""

        def __init__(self, status_code: int, message: str, phrase: str) -> None:
            super().__init__(status_code, message, phrase)
            self.status_code, self.message, self.phrase = status_code, message, phrase


FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif", "application/x-image", "application/octet-stream")
MAX_PIXELS = 50_000_000
"""A few kilobytes can claim to be a picture of gigabytes; a camera's have at most about this many pixels."""
BEST = 5


class RequestError(BaseInferenceToolkitError):
    """The request cannot be answered, and its sender can do something about it."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(status.value, message, status.phrase)

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True)
class Classifier:
    network: nn.Module
    config: Config
    labels: list[str]
    device: torch.device


@dataclass(frozen=True)
class Prediction:
    labels: list[str]
    scores: list[float]
    probabilities: list[float]

    def best_first(self) -> list[dict[str, Any]]:
        order = sorted(range(len(self.scores)), key=lambda index: -self.scores[index])
        return [
            {
                "label": self.labels[index],
                "index": index,
                "probability": self.probabilities[index],
                "score": self.scores[index],
            }
            for index in order
        ]


def model_fn(model_dir: str) -> Classifier:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    folder = ModelFolder(model_dir)
    config = folder.config()
    labels = folder.labels() or [str(index) for index in range(config.classes)]
    if len(labels) != config.classes:
        raise ValueError(f"labels.json names {len(labels)} classes, and the model has {config.classes}.")
    return Classifier(folder.network(device), config, labels, device)


def input_fn(request_body: bytes | bytearray | str, content_type: str | None) -> Image.Image:
    """The picture in RGB. The container gives JSON as text and everything else as bytes."""
    kind = (content_type or "application/octet-stream").partition(";")[0].strip().lower()
    if kind == "application/json":
        return read_image(image_in_json(request_body))
    if kind not in IMAGE_TYPES:
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"Content type {kind!r} is not read here: send {', '.join(IMAGE_TYPES)} or application/json.",
        )
    if isinstance(request_body, str):
        raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The picture arrived as text, not as bytes.")
    return read_image(bytes(request_body))


def predict_fn(image: Image.Image, model: Classifier) -> Prediction:
    pictures = model.config.for_evaluation()(image).unsqueeze(0).to(model.device)
    with torch.inference_mode():
        scores = model.network(pictures)[0].float().cpu()
    return Prediction(model.labels, scores.tolist(), scores.softmax(0).tolist())


def output_fn(prediction: Prediction, accept: str | None) -> tuple[str, str]:
    """The body, and its type: where Accept lists several, the container would send the whole list as the type."""
    wanted = [kind.partition(";")[0].strip().lower() for kind in (accept or "*/*").split(",")]
    if any(kind in ("application/json", "application/*", "*/*") for kind in wanted):
        answer = {
            "predictions": prediction.best_first()[:BEST],
            "labels": prediction.labels,
            "scores": prediction.scores,
        }
        return json.dumps(answer, ensure_ascii=False), "application/json"
    if any(kind in ("text/csv", "text/*") for kind in wanted):
        table = io.StringIO()
        writer = csv.DictWriter(table, ["label", "probability", "score"], extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(prediction.best_first())
        return table.getvalue(), "text/csv"
    raise RequestError(HTTPStatus.NOT_ACCEPTABLE, f"Answers are application/json or text/csv, not {accept!r}.")


def image_in_json(body: bytes | bytearray | str) -> bytes:
    """The picture's bytes from ``{"image": base64}`` (a data: URL is fine too) or from behind ``{"url": …}``."""
    try:
        request = json.loads(body)
    except ValueError as error:  # UnicodeDecodeError is one too
        raise RequestError(HTTPStatus.BAD_REQUEST, f"The body is not JSON: {error}.") from error
    content = request if isinstance(request, dict) and len(request) == 1 else {}
    if isinstance(content.get("image"), str):
        text: str = content["image"]
        if text.startswith("data:"):
            text = text.partition(",")[2]
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise RequestError(HTTPStatus.BAD_REQUEST, f"The image is not base64: {error}.") from error
    if isinstance(content.get("url"), str):
        try:
            return fetch(content["url"])
        except FetchError as error:
            raise RequestError(HTTPStatus.BAD_REQUEST, str(error)) from error
    raise RequestError(HTTPStatus.BAD_REQUEST, 'Send {"image": "<base64>"} or {"url": "https://…"}.')


def read_image(content: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        # Only the head has been read so far.
        if image.width * image.height > MAX_PIXELS:
            raise too_large(image.size)
        return to_rgb(image)
    except Image.DecompressionBombError as error:
        raise too_large(None) from error
    except UnidentifiedImageError as error:
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"This is not a picture of a known kind ({', '.join(FORMATS)})."
        ) from error
    # What Pillow's decoders raise on damaged files.
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error) as error:
        raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"The picture is damaged: {error}.") from error


def too_large(size: tuple[int, int] | None) -> RequestError:
    found = f"{size[0]} x {size[1]} pixels" if size else "far too many pixels"
    return RequestError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The picture has {found}: at most {MAX_PIXELS:,} are read."
    )
