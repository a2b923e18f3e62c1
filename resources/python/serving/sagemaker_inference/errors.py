"""Errors that an inference script can raise; the HTTP answer is ``<message>\\n<traceback>``."""

from __future__ import annotations


class UnsupportedFormatError(Exception):
    """No default handler reads or writes the content type. Answered with 500, as in the toolkit, not with 415."""

    def __init__(self, content_type: str | None) -> None:
        super().__init__(
            f"Content type {content_type} is not supported by this framework. "
            "Write an input_fn that reads it, or an output_fn that writes it."
        )


class BaseInferenceToolkitError(Exception):
    """An error with an HTTP status of its own: raise a subclass to answer with, say, 415."""

    def __init__(self, status_code: int, message: str, phrase: str) -> None:
        self.status_code = status_code
        self.message = message
        self.phrase = phrase
        super().__init__(status_code, message, phrase)


class GenericInferenceToolkitError(BaseInferenceToolkitError):
    """An error with a status; the phrase (HTTP's reason) is the message when none is given."""

    def __init__(self, status_code: int, message: str | None = None, phrase: str | None = None) -> None:
        message = message or "Invalid Request"
        super().__init__(status_code, message, phrase or message)
