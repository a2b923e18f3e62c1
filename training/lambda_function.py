"""Stands in front of an endpoint that classifies pictures, as a Lambda function.

The event is ``{"image": "<base64>"}`` or ``{"url": "https://…"}``, as it is or as the JSON body of an HTTP request (API
Gateway, function URL); ``"top_k"`` in it says how many classes come first in the answer. The answer's body::

    {"predictions": [{"label": "Bag", "index": 1, "probability": 0.98, "score": 7.1}, …],    the best, best first
     "labels": ["Ankle boot", "Bag", …], "scores": [0.2, 7.1, …]}                            all, in the model's order

Status: 400 for an event that cannot be answered, 413 and 415 for a picture that cannot, 502 when the model fails, 503
when it has too much to do, 504 when it takes too long. What is wrong with the function itself (no such endpoint, a role
that may not call it) is raised, so that it counts as an error of the function and its words reach the log alone.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import math
import os
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, ReadTimeoutError
from botocore.exceptions import ConnectionError as UnreachableError

ENDPOINT_NAME = os.environ["ENDPOINT_NAME"]
MAX_IMAGE_BYTES = 5 * 1024 * 1024
"""What the 6 MB of an event hold as base64, and what an endpoint takes."""
MAX_URL_LENGTH = 2048
TOP_K = 5
SIGNATURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"GIF8": "image/gif"}

logger = logging.getLogger()
logger.setLevel(logging.INFO)

# Made once for all calls of an environment. Each call is made once: whoever called us decides whether to try again. The
# function's own timeout has to be longer than the two together.
runtime = boto3.client(
    "sagemaker-runtime", config=Config(connect_timeout=3, read_timeout=20, retries={"total_max_attempts": 1})
)


class RequestError(Exception):
    """The event cannot be answered; the message says why and is for whoever sent it."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class ModelError(RequestError):
    """The model has not answered as it should; what it said is in the log."""


def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    try:
        question = read_question(event)
        top_k = read_top_k(question)
        body, content_type = read_picture(question)
        return respond(HTTPStatus.OK, summarise(ask(body, content_type), top_k))
    except ModelError as error:
        logger.exception("the endpoint %s failed", ENDPOINT_NAME)
        return respond(error.status, {"error": str(error)})
    except RequestError as error:
        logger.info("refused with %d: %s", error.status, error)
        return respond(error.status, {"error": str(error)})


def read_question(event: Any) -> dict[str, Any]:
    """The event, or what is in the body of the HTTP request that it is."""
    question = event
    if isinstance(event, dict) and "body" in event:
        try:
            body = event["body"] or ""
            question = json.loads(base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body)
        except (TypeError, ValueError) as error:
            raise RequestError(HTTPStatus.BAD_REQUEST, "The body is not JSON.") from error
    if not isinstance(question, dict):
        raise RequestError(HTTPStatus.BAD_REQUEST, 'Send an object with "image" or "url".')
    return question


def read_top_k(question: dict[str, Any]) -> int:
    top_k = question.get("top_k", TOP_K)
    if isinstance(top_k, bool) or not isinstance(top_k, int) or top_k < 1:
        raise RequestError(HTTPStatus.BAD_REQUEST, '"top_k" is a whole number, 1 or more.')
    return top_k


def read_picture(question: dict[str, Any]) -> tuple[bytes, str]:
    """What the endpoint gets, and its content type."""
    image, url = question.get("image"), question.get("url")
    if isinstance(image, str) and url is None:
        return read_image(image)
    if isinstance(url, str) and image is None:
        check_url(url)
        return json.dumps({"url": url}).encode(), "application/json"
    raise RequestError(HTTPStatus.BAD_REQUEST, 'Send either "image", base64, or "url", each a string.')


def read_image(text: str) -> tuple[bytes, str]:
    try:
        image = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, '"image" is not base64.') from error
    if len(image) > MAX_IMAGE_BYTES:
        raise RequestError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The picture has more than {MAX_IMAGE_BYTES:,} bytes."
        )
    for signature, content_type in SIGNATURES.items():
        if image.startswith(signature):
            return image, content_type
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return image, "image/webp"
    raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "This is not a JPEG, PNG, WebP or GIF picture.")


def check_url(url: str) -> None:
    """The endpoint fetches it, and minds where it leads; here only what no picture can be behind is refused."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, "This is not a URL.") from error
    if len(url) > MAX_URL_LENGTH:
        raise RequestError(HTTPStatus.BAD_REQUEST, f"A URL has at most {MAX_URL_LENGTH} characters.")
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise RequestError(HTTPStatus.BAD_REQUEST, "A URL is http or https, with a host and without a password.")


def ask(body: bytes, content_type: str) -> Any:
    """What the endpoint answers.

    Raises:
        ModelError: it failed, or was too slow.
        RequestError: it refuses this picture.
        ClientError: the call itself was refused.
    """
    try:
        reply = runtime.invoke_endpoint(
            EndpointName=ENDPOINT_NAME, ContentType=content_type, Accept="application/json", Body=body
        )
        return json.loads(reply["Body"].read())
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("ThrottlingException", "ServiceUnavailable", "InternalDependencyException"):
            raise ModelError(HTTPStatus.SERVICE_UNAVAILABLE, "The model has too much to do.") from error
        if code != "ModelError":
            raise
        raise refused_or_failed(error) from error
    except ReadTimeoutError as error:
        raise ModelError(HTTPStatus.GATEWAY_TIMEOUT, "The model has not answered in time.") from error
    except (UnreachableError, HTTPClientError) as error:
        raise ModelError(HTTPStatus.BAD_GATEWAY, "The model cannot be reached.") from error
    except ValueError as error:
        raise ModelError(HTTPStatus.BAD_GATEWAY, "The model's answer is not JSON.") from error


def refused_or_failed(error: ClientError) -> RequestError:
    """InvokeEndpoint's ModelError has the status that the model's container answered with."""
    status = error.response.get("OriginalStatusCode")
    if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE):
        return RequestError(HTTPStatus(status), "The model cannot read this picture.")
    return ModelError(HTTPStatus.BAD_GATEWAY, "The model has failed.")


def summarise(answer: Any, top_k: int) -> dict[str, Any]:
    """The best classes with their names, beside the scores as the model gave them.

    Raises:
        ModelError: the answer is no list of scores, bare, in a batch of one, or as ``{"scores": […], "labels": […]}``.
    """
    labels = answer.get("labels") if isinstance(answer, dict) else None
    scores = answer.get("scores") if isinstance(answer, dict) else answer
    if isinstance(scores, list) and len(scores) == 1 and isinstance(scores[0], list):
        scores = scores[0]
    if not isinstance(scores, list) or not scores or not all(is_score(score) for score in scores):
        raise ModelError(HTTPStatus.BAD_GATEWAY, "The model's answer has no scores.")
    if not isinstance(labels, list) or len(labels) != len(scores):
        labels = [str(index) for index in range(len(scores))]
    probabilities = softmax(scores)
    best = sorted(range(len(scores)), key=lambda index: -scores[index])[:top_k]
    predictions = [
        {"label": labels[index], "index": index, "probability": probabilities[index], "score": scores[index]}
        for index in best
    ]
    return {"predictions": predictions, "labels": labels, "scores": scores}


def is_score(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def softmax(scores: list[float]) -> list[float]:
    """Probabilities of raw scores; those that are probabilities already stay as they are."""
    if min(scores) >= 0 and abs(sum(scores) - 1) < 1e-3:
        return scores
    highest = max(scores)
    powers = [math.exp(score - highest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def respond(status: HTTPStatus, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status.value,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, allow_nan=False),
    }
