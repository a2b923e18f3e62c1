"""Request bodies to NumPy arrays (NPZ: to a SciPy sparse matrix). NumPy is imported on first use."""

from __future__ import annotations

import io
import json
from typing import Any, Callable, Union

from sagemaker_inference import content_types, errors

Body = Union[str, bytes, bytearray]


def _json(body: Body) -> Any:
    import numpy

    return numpy.array(json.loads(body))


def _csv(body: Body) -> Any:
    import numpy

    text = body if isinstance(body, str) else body.decode("utf-8")
    return numpy.genfromtxt(io.StringIO(text), dtype=None, delimiter=",")


def _npy(body: Body) -> Any:
    import numpy

    # Pickled object arrays are read too, as the toolkit does: whoever may invoke has signed for it.
    return numpy.load(io.BytesIO(_bytes(body)), allow_pickle=True)


def _npz(body: Body) -> Any:
    import scipy.sparse

    return scipy.sparse.load_npz(io.BytesIO(_bytes(body)))


def _bytes(body: Body) -> bytes | bytearray:
    return body.encode("utf-8") if isinstance(body, str) else body


_decoders: dict[str | None, Callable[[Body], Any]] = {
    content_types.JSON: _json,
    content_types.CSV: _csv,
    content_types.NPY: _npy,
    content_types.NPZ: _npz,
}


def decode(obj: Body, content_type: str | None) -> Any:
    """The body as an array.

    Raises:
        UnsupportedFormatError: the type is none of JSON, CSV, NPY and NPZ.

    >>> decode("[[1, 2]]", "application/json").tolist()
    [[1, 2]]
    """
    if content_type not in _decoders:
        raise errors.UnsupportedFormatError(content_type)
    return _decoders[content_type](obj)
