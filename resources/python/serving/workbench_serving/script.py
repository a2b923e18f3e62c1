"""An inference script: which of its functions are handlers, and what they are called with.

The contract is aws/sagemaker-inference-toolkit's ``Transformer``: ``model_fn(model_dir)`` and either
``transform_fn(model, body, content_type, accept)`` or ``input_fn(body, content_type)``, ``predict_fn(data, model)`` and
``output_fn(prediction, accept)``; before and after loading ``pre_model_fn(model_dir)`` and
``model_warmup_fn(model_dir, model)``. Each may take the context as one argument more.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from sagemaker_inference import content_types, errors

from workbench_serving import pytorch
from workbench_serving.context import Context

Handler = Callable[..., Any]


@dataclass(frozen=True)
class Answer:
    """An HTTP response in the making."""

    status: int
    phrase: str
    headers: dict[str, str]
    body: bytes | bytearray


class InferenceScript:
    """A loaded model with its handlers, ready for requests."""

    def __init__(self, module_name: str, model_dir: str, default_accept: str, context: Context) -> None:
        """Imports the script and loads the model.

        Raises:
            ValueError: the script defines transform_fn beside one of the three that it replaces.
            Exception: whatever the script raises.
        """
        self._context = context
        self._default_accept = default_accept
        script = _find(module_name)
        self._input_fn = getattr(script, "input_fn", None)
        self._predict_fn = getattr(script, "predict_fn", None)
        self._output_fn = getattr(script, "output_fn", None)
        transform_fn = getattr(script, "transform_fn", None)
        if transform_fn and (self._input_fn or self._predict_fn or self._output_fn):
            raise ValueError(
                "Cannot use transform_fn implementation in conjunction with "
                "input_fn, predict_fn, and/or output_fn implementation"
            )
        self._transform_fn: Handler = transform_fn or self._in_three_steps
        before, after = getattr(script, "pre_model_fn", None), getattr(script, "model_warmup_fn", None)
        if before:
            self._call(before, model_dir)
        self._model = self._call(getattr(script, "model_fn", pytorch.default_model_fn), model_dir)
        if after:
            self._call(after, model_dir, self._model)

    def answer(self, body: bytearray, headers: dict[str, str]) -> Answer:
        """Never raises: an error is an answer too, ``<message>\\n<traceback>`` with the error's status, else 500."""
        request = self._context.begin(headers)
        content_type = headers.get("Content-Type")
        accept = headers.get("Accept")
        if not accept or accept == content_types.ANY:
            accept = self._default_accept
        try:
            # The type is compared as it is: "application/json; charset=utf-8" is not decoded in the container either.
            data = body.decode("utf-8") if content_type in content_types.UTF8_TYPES else body
            result = self._call(self._transform_fn, self._model, data, content_type, accept)
            if isinstance(result, tuple):
                result, accept = result[0], result[1]
            payload = _payload(result)
        except errors.BaseInferenceToolkitError as error:
            return _failure(error.status_code, error.phrase, error.message)
        except Exception as error:  # noqa: BLE001 (whatever a script raises is its answer)
            return _failure(500, str(error), str(error))
        if accept:
            request.add_response_property("content-type", accept)
        phrase = request.get_response_status_phrase() or ""
        return Answer(request.get_response_status_code(), phrase, request.get_response_headers(), payload)

    def _in_three_steps(self, model: Any, body: Any, content_type: str | None, accept: str) -> Any:
        data = self._call(self._input_fn or pytorch.default_input_fn, body, content_type)
        prediction = self._call(self._predict_fn or pytorch.default_predict_fn, data, model)
        return self._call(self._output_fn or pytorch.default_output_fn, prediction, accept)

    def _call(self, handler: Handler, *arguments: Any) -> Any:
        wanted = len(inspect.signature(handler).parameters)
        if wanted == len(arguments):
            return handler(*arguments)
        if wanted == len(arguments) + 1:
            return handler(*arguments, self._context)
        name = getattr(handler, "__name__", repr(handler))
        raise TypeError(f"{name} takes {wanted} arguments but {len(arguments)} were given.")


def _find(module_name: str) -> ModuleType | None:
    if importlib.util.find_spec(module_name) is None:
        # In the container this is silent, and a misspelt SAGEMAKER_PROGRAM hard to find.
        print(f"No module {module_name!r} in the model's code folder: the default handlers are used.", flush=True)
        return None
    return importlib.import_module(module_name)


def _payload(result: Any) -> bytes | bytearray:
    """As TorchServe puts a result on the wire: bytes and text as they are, else JSON (otf_message_handler.py)."""
    if isinstance(result, (bytes, bytearray)):
        return result
    if isinstance(result, str):
        return result.encode("utf-8")
    try:
        return json.dumps(result, indent=2).encode("utf-8")
    except TypeError as error:
        raise errors.GenericInferenceToolkitError(503, "Unsupported model output data type.") from error


def _failure(status: int, phrase: str, message: str) -> Answer:
    """Called while the error is handled. The traceback also goes to the log."""
    trace = traceback.format_exc()
    print(trace, end="", flush=True)
    return Answer(status, phrase, {}, f"{message}\n{trace}".encode("utf-8", "replace"))
