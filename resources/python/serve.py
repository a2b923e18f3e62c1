"""One worker of a model server: ``python serve.py <fd>``.

Loads the model and its inference script, then answers HTTP/1.1 on the inherited socket ``fd``, one request at a time:
``GET /ping`` and ``POST /invocations``, as SageMaker asks of a container. There is no port: only the process that
holds the other end can ask, and the worker ends when that end is closed.

A worker that cannot start writes the traceback to its log, answers the first request with 500 and the error in one
line, and exits with 1.

Environment (all optional): SAGEMAKER_BASE_DIR (/opt/ml), SAGEMAKER_PROGRAM (inference.py),
SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT (application/json).
"""

from __future__ import annotations

import os
import socket
import sys
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

# What is here goes last: a script's own modules, and an installed toolkit, come before it.
sys.path.append(os.path.join(sys.path.pop(0), "serving"))

from workbench_serving.context import Context
from workbench_serving.script import Answer, InferenceScript

Responder = Callable[[str, str, "dict[str, str]", bytearray], Answer]


def main(fd: int) -> int:
    connection = socket.socket(fileno=fd)
    connection.set_inheritable(False)  # what a handler starts must not keep the connection open
    try:
        script = load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever a script raises, its own end included)
        traceback.print_exc()
        reason = traceback.format_exception_only(type(error), error)[-1]
        respond(connection, lambda *_: text(500, reason), once=True)
        return 1
    respond(connection, lambda *request: route(script, *request))
    return 0


def load() -> InferenceScript:
    model_dir = os.path.join(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"), "model")
    sys.path.insert(0, os.path.join(model_dir, "code"))
    return InferenceScript(
        module_name=os.environ.get("SAGEMAKER_PROGRAM", "inference.py").removesuffix(".py"),
        model_dir=model_dir,
        default_accept=os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "application/json"),
        context=Context(model_dir),
    )


def route(script: InferenceScript, method: str, path: str, headers: dict[str, str], body: bytearray) -> Answer:
    if (method, path) == ("POST", "/invocations"):
        return script.answer(body, headers)
    if (method, path) == ("GET", "/ping"):
        return text(200, "")
    return text(404, f"{method} {path}: there are GET /ping and POST /invocations.")


def text(status: int, body: str) -> Answer:
    return Answer(status, "", {"content-type": "text/plain"}, body.encode("utf-8", "replace"))


def one_line(value: object) -> str:
    """What a script said, fit for a header: a line break in it would start another."""
    return " ".join(str(value).split()).encode("latin-1", "replace").decode("latin-1")


def respond(connection: socket.socket, responder: Responder, once: bool = False) -> None:
    """Answers the requests of one connection until the other side closes it (or one only)."""

    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one write for head and body

        def answer(self) -> None:
            body = bytearray(int(self.headers.get("Content-Length") or 0))
            self.rfile.readinto(body)  # type: ignore[attr-defined]
            answer = responder(self.command, self.path, dict(self.headers.items()), body)
            self.send_response_only(answer.status, one_line(answer.phrase) or None)
            for name, value in answer.headers.items():
                self.send_header(one_line(name), one_line(value))
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            self.wfile.flush()
            self.close_connection = once

        do_GET = do_POST = answer  # noqa: N815 (names that http.server looks for)

    # The "server" is what a handler may look at; this one has no need of it.
    Requests(connection, ("model server", 0), None)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
