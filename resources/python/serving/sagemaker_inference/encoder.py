"""Array-likes to response bodies. NumPy is imported on first use."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

from sagemaker_inference import content_types, errors


def _json(array_like: Any) -> str:
    def as_list(value: Any) -> Any:
        if hasattr(value, "tolist"):
            return value.tolist()
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")

    return json.dumps(array_like, default=as_list)


def _csv(array_like: Any) -> str:
    import numpy

    text = io.StringIO()
    numpy.savetxt(text, array_like, delimiter=",", fmt="%s")
    return text.getvalue()


def _npy(array_like: Any) -> bytes:
    import numpy

    file = io.BytesIO()
    numpy.save(file, array_like)
    return file.getvalue()


_encoders: dict[str, Callable[[Any], str | bytes]] = {
    content_types.JSON: _json,
    content_types.CSV: _csv,
    content_types.NPY: _npy,
}

SUPPORTED_CONTENT_TYPES = set(_encoders)


def encode(array_like: Any, content_type: str) -> str | bytes:
    """The value in the given type.

    Raises:
        UnsupportedFormatError: the type is none of JSON, CSV and NPY.

    >>> encode([1, 2], "application/json")
    '[1, 2]'
    """
    if content_type not in _encoders:
        raise errors.UnsupportedFormatError(content_type)
    return _encoders[content_type](array_like)
