"""The runtime of a Lambda function: ``python lambda_bootstrap.py``.

Imports the handler that ``_HANDLER`` names, then asks the Runtime API (version 2018-06-01, at
``AWS_LAMBDA_RUNTIME_API``) for one event after the other and posts what the handler returns.

AWS's own runtime interface client serves where the interpreter has it (``awslambdaric``); what follows here does the
same without it, and words errors, log lines and the context as awslambdaric 4.2 does.
"""

from __future__ import annotations

import decimal
import importlib
import json
import logging
import os
import socket
import sys
import time
import traceback
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Callable, NoReturn

API = "/2018-06-01/runtime"

# Lines of one event in the log. A line break would begin the next event.
SAME_EVENT = "\r"

# In the log, AWS's client indents with these: CloudWatch's console drops leading spaces.
INDENT = "\u00a0"

request_id = ""


class LambdaError(Exception):
    """An error of the runtime, not of the handler."""

    def __init__(self, error_type: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.error = make_error(message, error_type, trace or [])


class RuntimeApi:
    """A client for one server: importing ``http.client`` would take longer than the rest of a cold start."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.connection: socket.socket | None = None
        self.reader: Any = None
        # A forked process that comes back here must not write into its parent's requests.
        os.register_at_fork(after_in_child=self.disconnect)

    def next(self) -> tuple[dict[str, str], bytes]:
        return self.request("GET", "/invocation/next", 200)

    def respond(self, body: bytes, content_type: str) -> None:
        self.request("POST", f"/invocation/{request_id}/response", 202, body, {"Content-Type": content_type})

    def report(self, path: str, error: dict[str, Any]) -> None:
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Function-Error-Type": " ".join(error["errorType"].split()),
        }
        self.request("POST", path, 202, json.dumps(error).encode(), headers)

    def request(
        self, method: str, path: str, expected: int, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[dict[str, str], bytes]:
        if self.connection is None:
            host, _, port = self.address.rpartition(":")
            self.connection = socket.create_connection((host, int(port)))
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.reader = self.connection.makefile("rb")
        fields = {"Host": self.address, "Content-Length": str(len(body)), **(headers or {})}
        head = f"{method} {API}{path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.connection.sendall(head.encode("latin-1", "replace") + b"\r\n" + body)
        status_line = self.reader.readline()
        if not status_line:
            sys.exit(0)  # The sandbox has ended.
        status = int(status_line.split()[1])
        answered = dict(self.read_headers())
        content = self.reader.read(int(answered["content-length"]))
        if status != expected:
            raise RuntimeError(f"Request to Lambda Runtime '{path}' endpoint failed. Reason: '{status}'. {content!r}")
        return answered, content

    def read_headers(self) -> Any:
        for line in iter(self.reader.readline, b"\r\n"):
            name, _, value = line.decode("latin-1").partition(":")
            yield name.lower(), value.strip()

    def disconnect(self) -> None:
        self.connection = self.reader = None


class Fields:
    """An object of named fields, as the context has them: those that are not given are None."""

    names: tuple[str, ...] = ()

    def __init__(self, values: dict[str, Any]) -> None:
        for name in self.names:
            setattr(self, name, values.get(name))

    def __repr__(self) -> str:
        return f"{type(self).__name__}([{','.join(f'{name}={getattr(self, name)}' for name in self.names)}])"


class CognitoIdentity(Fields):
    names = ("cognito_identity_id", "cognito_identity_pool_id")


class Client(Fields):
    names = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class ClientContext(Fields):
    names = ("custom", "env", "client")


class LambdaContext:
    def __init__(self, headers: dict[str, str]) -> None:
        self.aws_request_id = request_id
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self.client_context = client_context(headers.get("lambda-runtime-client-context"))
        identity = parse_header(headers.get("lambda-runtime-cognito-identity"), "Cognito Identity") or {}
        self.identity = CognitoIdentity(
            {
                "cognito_identity_id": identity.get("cognitoIdentityId"),
                "cognito_identity_pool_id": identity.get("cognitoIdentityPoolId"),
            }
        )
        self._deadline_in_ms = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self) -> int:
        return max(self._deadline_in_ms - int(time.time() * 1000), 0)

    def log(self, message: object) -> None:
        sys.stdout.write(str(message))

    def __repr__(self) -> str:
        shown = (
            "aws_request_id",
            "log_group_name",
            "log_stream_name",
            "function_name",
            "memory_limit_in_mb",
            "function_version",
            "invoked_function_arn",
            "client_context",
            "identity",
            "tenant_id",
        )
        return f"LambdaContext([{','.join(f'{name}={getattr(self, name)}' for name in shown)}])"


def client_context(header: str | None) -> ClientContext | None:
    parsed = parse_header(header, "Client Context")
    if parsed is None:
        return None
    context = ClientContext(parsed)
    if context.client is not None:
        context.client = Client(context.client)
    return context


def parse_header(header: str | None, name: str) -> dict[str, Any] | None:
    if not header:
        return None
    try:
        return json.loads(header)
    except ValueError as error:
        raise LambdaError("Runtime.LambdaContextUnmarshalError", f"Unable to parse {name} JSON: {error}") from None


class LogHandler(logging.Handler):
    """Every record is one event of the log."""

    def emit(self, record: logging.LogRecord) -> None:
        record.aws_request_id = request_id
        sys.stdout.write(SAME_EVENT.join(self.format(record).splitlines()) + "\n")


def set_up_logging() -> None:
    logging.Formatter.converter = time.gmtime
    handler = LogHandler()
    line = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
    handler.setFormatter(logging.Formatter(line, "%Y-%m-%dT%H:%M:%S"))
    logging.getLogger().addHandler(handler)


def log_error(error: dict[str, Any]) -> None:
    lines = [f"[ERROR] {error['errorType']}: {error['errorMessage']}", "Traceback (most recent call last):"]
    for element in error["stackTrace"]:
        for line in element.splitlines():
            text = line.lstrip(" ")
            lines.append(INDENT * (len(line) - len(text)) + text)
    sys.stdout.write(SAME_EVENT.join(lines) + "\n")


def make_error(message: str, error_type: str, trace: list[str]) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": error_type, "requestId": request_id, "stackTrace": trace}


def error_of(error: BaseException) -> dict[str, Any]:
    if isinstance(error, LambdaError):
        return {**error.error, "requestId": request_id}
    return make_error(str(error), type(error).__name__, own_frames(error.__traceback__))


def own_frames(trace: TracebackType | None) -> list[str]:
    """The frames from the handler's module on; all of them when the error is not in there."""
    frames = traceback.extract_tb(trace)
    first = next((index for index, frame in enumerate(frames) if frame.filename != __file__), 0)
    return traceback.format_list([(frame.filename, frame.lineno, frame.name, frame.line) for frame in frames[first:]])


def load(handler: str) -> Callable[[Any, LambdaContext], Any]:
    module_name, dot, function_name = handler.rpartition(".")
    if not dot:
        message = f"Bad handler '{handler}': not enough values to unpack (expected 2, got 1)"
        raise LambdaError("Runtime.MalformedHandlerName", message)
    if module_name.split(".")[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {module_name} as a handler module"
        raise LambdaError("Runtime.BuiltInModuleConflict", message)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise LambdaError("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from None
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise LambdaError("Runtime.UserCodeSyntaxError", message, trace) from None
    if not hasattr(module, function_name):
        raise LambdaError("Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'")
    return getattr(module, function_name)


def unmarshal(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise LambdaError("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def marshal(result: Any) -> tuple[bytes, str]:
    if isinstance(result, bytes):
        return result, "application/unknown"
    # Runtimes from Python 3.12 on write characters as they are.
    version = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2]
    try:
        text = json.dumps(result, default=json_value, ensure_ascii=not (version.isdigit() and int(version) >= 12))
        return text.encode(), "application/json"
    except Exception as error:  # noqa: BLE001 (a result's own methods may raise anything)
        raise LambdaError("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def json_value(value: object) -> object:
    """Numbers of DynamoDB are Decimals."""
    if isinstance(value, decimal.Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def serve(api: RuntimeApi, handler: Callable[[Any, LambdaContext], Any]) -> NoReturn:
    global request_id
    while True:
        headers, body = api.next()
        request_id = headers["lambda-runtime-aws-request-id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers["lambda-runtime-trace-id"]
        try:
            result = marshal(handler(unmarshal(body), LambdaContext(headers)))
        except Exception as error:  # noqa: BLE001 (whatever a handler raises is its answer)
            described = error_of(error)
            log_error(described)
            api.report(f"/invocation/{request_id}/error", described)
        else:
            api.respond(*result)


def main() -> NoReturn:
    handler_name = os.environ["_HANDLER"]
    has_client = find_spec("awslambdaric") is not None
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]  # instead of the folder of this file
    if has_client:
        from awslambdaric.__main__ import main as run

        run(["awslambdaric", handler_name])
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    set_up_logging()
    try:
        handler = load(handler_name)
    except Exception as error:  # noqa: BLE001 (whatever a module raises keeps it from being imported)
        described = error_of(error)
        log_error(described)
        api.report("/init/error", described)
        sys.exit(1)
    serve(api, handler)


if __name__ == "__main__":
    main()
