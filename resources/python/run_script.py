"""Runs a script of this machine for the test bench.

``python run_script.py inference <file> <model folder>`` loads a model and its inference script as ``serve.py`` does;
``python run_script.py handler <file> <function>`` imports a Lambda handler.

Speaks frames on stdin and stdout: a line of JSON, then as many bytes as its ``bytes`` says. The first frame tells how
the loading went, then each request is answered by one frame, until stdin ends. What the script itself prints, on either
stream, goes to stderr; a line with the request's mark ends what belongs to it.

Environment: WORKBENCH_MARK, which begins the mark and which the script does not see.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Iterator
from typing import Any, BinaryIO, Callable

import lambda_bootstrap as runtime

# What is here goes last: a script's own modules, and an installed toolkit, come before it.
sys.path.append(os.path.join(sys.path.pop(0), "serving"))

# What a frame is made of.
Reply = "tuple[dict[str, Any], bytes | bytearray]"
Answer = Callable[["dict[str, Any]", bytearray], Reply]


def main(kind: str, file: str, what: str) -> int:
    mark = os.environ.pop("WORKBENCH_MARK")
    requests, replies = own_streams()
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    sys.path.insert(0, os.path.dirname(file))
    started = time.perf_counter()
    try:
        answer = load_inference(file, what) if kind == "inference" else load_handler(file, what)
    except BaseException as error:  # noqa: BLE001 (whatever a script raises, its own end included)
        told = described(error, file)
        sys.stderr.write(told["traceback"])
        write(replies, mark, {"error": told, "milliseconds": since(started)})
        return 1
    write(replies, mark, {"milliseconds": since(started)})
    for head, body in frames(requests):
        started = time.perf_counter()
        try:
            told, payload = answer(head, body)
        except SystemExit as error:
            told, payload = {"error": described(error, file)}, b""
        write(replies, mark, {**told, "milliseconds": since(started)}, payload)
    return 0


def own_streams() -> tuple[BinaryIO, BinaryIO]:
    """The two ends of the conversation, which no script can reach: it prints to stderr and reads nothing."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return requests, replies


def end_with(parent: int) -> None:
    """A script that is busy does not see that its stdin has ended: it, and what it started, ends with who asked it."""
    while os.getppid() == parent:
        time.sleep(1)
    with contextlib.suppress(ProcessLookupError):  # not the leader of a group
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def frames(stream: BinaryIO) -> Iterator[tuple[dict[str, Any], bytearray]]:
    for line in stream:
        head = json.loads(line)
        body = bytearray(head["bytes"])
        if stream.readinto(body) < len(body):  # type: ignore[attr-defined]
            return
        yield head, body


def write(stream: BinaryIO, mark: str, head: dict[str, Any], body: bytes | bytearray = b"") -> None:
    # A script may have closed its streams, or put others in their place.
    for own in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            own.flush()
    os.write(2, f"\n{mark}\n".encode())
    stream.write(json.dumps({**head, "bytes": len(body)}).encode() + b"\n")
    stream.write(body)
    stream.flush()


def since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def load_inference(file: str, model_dir: str) -> Answer:
    from workbench_serving.context import Context
    from workbench_serving.script import InferenceScript

    script = InferenceScript(
        module_name=module_of(file),
        model_dir=model_dir,
        default_accept=os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "application/json"),
        context=Context(model_dir),
    )

    def answer(head: dict[str, Any], body: bytearray) -> Reply:
        found = script.answer(body, head["headers"])
        return {"status": found.status, "headers": found.headers}, found.body

    return answer


def load_handler(file: str, function: str) -> Answer:
    """The handler in what the sandbox's Lambda puts around one: its context, its log lines, its words for errors."""
    runtime.set_up_logging()
    handler = getattr(importlib.import_module(module_of(file)), function)

    def answer(head: dict[str, Any], body: bytearray) -> Reply:
        runtime.request_id = str(uuid.uuid4())
        deadline = int((time.time() + head["timeout"]) * 1000)
        try:
            context = runtime.LambdaContext({"lambda-runtime-deadline-ms": str(deadline)})
            return {}, runtime.marshal(handler(json.loads(body), context))[0]
        except runtime.LambdaError as error:
            told = runtime.error_of(error)
        except Exception as error:  # noqa: BLE001 (whatever a script raises is its answer)
            trace = traceback.format_list(frames_of(error, file))
            told = runtime.make_error(str(error), type(error).__name__, trace)
        runtime.log_error(told)
        return {"functionError": "Unhandled"}, json.dumps(told).encode()

    return answer


def described(error: BaseException, file: str) -> dict[str, Any]:
    """An error at loading; a syntax error tells its own place, others the last one in a file beside the script."""
    frames = frames_of(error, file)
    if isinstance(error, SyntaxError) and error.filename:
        place = {"file": error.filename, "line": error.lineno}
    else:
        folder = os.path.join(os.path.dirname(file), "")
        last = next((frame for frame in reversed(frames) if frame.filename.startswith(folder)), None)
        place = {"file": last.filename, "line": last.lineno} if last else {}
    module = error.name if isinstance(error, ModuleNotFoundError) else None
    head = ["Traceback (most recent call last):\n"] if frames else []
    text = "".join([*head, *frames.format(), *traceback.format_exception_only(type(error), error)])
    return {"type": type(error).__name__, "message": str(error), "traceback": text, "module": module, **place}


def frames_of(error: BaseException, file: str) -> traceback.StackSummary:
    """Of the script and what it called: not of this program and of Python's import."""
    summary = traceback.extract_tb(error.__traceback__)
    first = next((index for index, frame in enumerate(summary) if frame.filename == file), len(summary))
    return traceback.StackSummary.from_list(summary[first:])


def module_of(file: str) -> str:
    return os.path.splitext(os.path.basename(file))[0]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
