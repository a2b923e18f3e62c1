"""The handlers that stand in for those a script does not define, as sagemaker-pytorch-inference-toolkit has them.

torch is imported on first use: a script that brings all its handlers may do without it.
"""

from __future__ import annotations

import os
from typing import Any

from sagemaker_inference import content_types, decoder, encoder, errors


class ModelLoadError(Exception):
    """The model file is no TorchScript."""


def default_model_fn(model_dir: str) -> Any:
    """TorchScript from ``model.pt``, else from the only ``.pt`` or ``.pth`` file of the folder."""
    path = os.path.join(model_dir, "model.pt")
    if not os.path.exists(path):
        files = [
            name
            for name in os.listdir(model_dir)
            if os.path.splitext(name)[1] in (".pt", ".pth") and os.path.isfile(os.path.join(model_dir, name))
        ]
        if len(files) != 1:
            raise ValueError(f"Exactly one .pth or .pt file is required for PyTorch models: {files}")
        path = os.path.join(model_dir, files[0])

    import torch

    try:
        model = torch.jit.load(path, map_location=_device())
    except RuntimeError as error:
        raise ModelLoadError(f"Failed to load {path}. Please ensure model is saved using torchscript.") from error
    return model.to(_device())


def default_input_fn(body: Any, content_type: str | None) -> Any:
    """JSON and CSV to a float tensor, NPY to a tensor of the array's own type."""
    import torch

    array = decoder.decode(body, content_type)
    tensor = torch.FloatTensor(array) if content_type in content_types.UTF8_TYPES else torch.from_numpy(array)
    return tensor.to(_device())


def default_predict_fn(data: Any, model: Any) -> Any:
    """Calls the model, in evaluation mode and without gradients, on a GPU when there is one."""
    import torch

    with torch.no_grad():
        model = model.to(_device())
        model.eval()
        return model(data.to(_device()))


def default_output_fn(prediction: Any, accept: str) -> Any:
    """The first type of the Accept list that is JSON, CSV or NPY; a tensor is a (nested) list."""
    import torch

    if type(prediction) is torch.Tensor:
        prediction = prediction.detach().cpu().numpy().tolist()
    for content_type in accept.replace(" ", "").split(","):
        if content_type in encoder.SUPPORTED_CONTENT_TYPES:
            return encoder.encode(prediction, content_type)
    raise errors.UnsupportedFormatError(accept)


def _device() -> Any:
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
