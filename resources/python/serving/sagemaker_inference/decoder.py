"""Request bodies to NumPy arrays (NPZ: to a SciPy sparse matrix). NumPy is imported on first use."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

from sagemaker_inference import content_types, errors


def _json(body: str | bytes | bytearray) -> Any:
    import numpy

    return numpy.array(json.loads(body))


def _csv(body: str | bytes | bytearray) -> Any:
    import numpy

    text = body if isinstance(body, str) else body.decode("utf-8")
    return numpy.genfromtxt(io.StringIO(text), dtype=None, delimiter=",")


def _npy(body: str | bytes | bytearray) -> Any:
    import numpy

    # Pickled object arrays are read too, as the toolkit does: whoever may invoke has signed for it.
    return numpy.load(io.BytesIO(_bytes(body)), allow_pickle=True)


def _npz(body: str | bytes | bytearray) -> Any:
    import scipy.sparse

    return scipy.sparse.load_npz(io.BytesIO(_bytes(body)))


def _bytes(body: str | bytes | bytearray) -> bytes | bytearray:
    return body.encode("utf-8") if isinstance(body, str) else body


_decoders: dict[str | None, Callable[[Any], Any]] = {
    content_types.JSON: _json,
    content_types.CSV: _csv,
    content_types.NPY: _npy,
    content_types.NPZ: _npz,
}


def decode(obj: str | bytes | bytearray, content_type: str | None) -> Any:
    """The body as an array.

    Raises:
        UnsupportedFormatError: the type is none of JSON, CSV, NPY and NPZ.

    >>> decode("[[1, 2]]", "application/json").tolist()
    [[1, 2]]
    """
    if content_type not in _decoders:
        raise errors.UnsupportedFormatError(content_type)
    return _decoders[content_type](obj)
