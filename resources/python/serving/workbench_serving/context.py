"""The context that a handler gets as its last argument when it takes one more than the contract asks for.

Names and shapes are those of TorchServe's ``ts.context`` (pytorch/serve), for a batch of one.
"""

from __future__ import annotations

from typing import Any


class RequestProcessor:
    """One request's headers, and what the handler says of the response beside its body."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers
        self._response_headers: dict[str, str] = {}
        self._status = 200
        self._phrase: str | None = None

    def get_request_property(self, key: str) -> str | None:
        return self._headers.get(key)

    def get_request_properties(self) -> dict[str, str]:
        return self._headers

    def report_status(self, code: int, reason_phrase: str | None = None) -> None:
        self._status = code
        self._phrase = reason_phrase

    def get_response_status_code(self) -> int:
        return self._status

    def get_response_status_phrase(self) -> str | None:
        return self._phrase

    def add_response_property(self, key: str, value: str) -> None:
        self._response_headers[key] = value

    def get_response_header(self, key: str) -> str | None:
        return self._response_headers.get(key)

    def get_response_headers(self) -> dict[str, str]:
        return self._response_headers


class Context:
    """One for the life of a worker; ``begin`` puts the next request in place of the last."""

    def __init__(self, model_dir: str, gpu: int | None = None) -> None:
        self.model_name = "model"
        self.manifest: dict[str, Any] = {}
        self.system_properties: dict[str, Any] = {"model_dir": model_dir, "gpu_id": gpu, "batch_size": 1}
        self.request_processor: list[RequestProcessor] = [RequestProcessor({})]

    def begin(self, headers: dict[str, str]) -> RequestProcessor:
        self.request_processor = [RequestProcessor(headers)]
        return self.request_processor[0]

    def get_request_header(self, idx: int, key: str) -> str | None:
        return self.request_processor[idx].get_request_property(key)

    def get_all_request_header(self, idx: int) -> dict[str, str]:
        return self.request_processor[idx].get_request_properties()

    def set_response_header(self, idx: int, key: str, value: str) -> None:
        self.request_processor[idx].add_response_property(key, value)

    def get_response_headers(self, idx: int) -> dict[str, str]:
        return self.request_processor[idx].get_response_headers()

    def set_response_content_type(self, idx: int, value: str) -> None:
        self.set_response_header(idx, "content-type", value)

    def get_response_content_type(self, idx: int) -> str | None:
        return self.get_response_headers(idx).get("content-type")

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0) -> None:
        self.request_processor[idx].report_status(code, phrase)

    def set_all_response_status(self, code: int = 200, phrase: str = "") -> None:
        self.set_response_status(code, phrase)

    def get_response_status(self, idx: int) -> tuple[int, str | None]:
        processor = self.request_processor[idx]
        return processor.get_response_status_code(), processor.get_response_status_phrase()
