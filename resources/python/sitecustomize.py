"""Makes boto3 and the AWS CLI of any age talk to the endpoint that ``AWS_ENDPOINT_URL`` names.

botocore honours the variable since 1.31 (July 2023); Debian 12 ships 1.29 and an AWS CLI of that time. Python imports
this module at its start because the folder is on ``PYTHONPATH``, so it must cost nothing: it imports nothing that is
not loaded already, and botocore is patched only when somebody imports it. The system's own ``sitecustomize``, which
this one hides, is run as well.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec, PathFinder
    from types import ModuleType
else:
    PathFinder = next(finder for finder in sys.meta_path if getattr(finder, "__name__", "") == "PathFinder")

# AWS CLI v2 carries a botocore of its own.
SESSIONS = ("botocore.session", "awscli.botocore.session")

# Where endpoint_url stands among create_client's parameters after the service's name.
ENDPOINT_POSITION = 4


def _use_endpoint(session: type) -> None:
    """Gives ``Session.create_client`` the endpoint as its default; one that the caller names wins."""
    create_client = session.create_client

    def create_client_here(self: object, service_name: str, *args: object, **kwargs: object) -> object:
        if len(args) <= ENDPOINT_POSITION and kwargs.get("endpoint_url") is None:
            endpoint = _endpoint(service_name)
            if endpoint:
                kwargs["endpoint_url"] = endpoint
        return create_client(self, service_name, *args, **kwargs)

    session.create_client = create_client_here


def _endpoint(service_name: str) -> str | None:
    """The service's own endpoint, else that of all; the variables are those of newer SDKs."""
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    service = service_name.upper().replace("-", "_")
    return os.environ.get(f"AWS_ENDPOINT_URL_{service}") or os.environ.get("AWS_ENDPOINT_URL")


def _knows_endpoints(session: str) -> bool:
    """Whether this botocore reads the variables itself. Its session has imported the module that does."""
    provider = sys.modules.get(f"{session.rpartition('.')[0]}.configprovider")
    return hasattr(provider, "ConfiguredEndpointProvider")


class _Loader:
    """Loads a session module as its own loader does, then patches it."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        if not _knows_endpoints(module.__name__):
            _use_endpoint(module.Session)

    def __getattr__(self, name: str) -> object:
        return getattr(self.loader, name)


class _Finder:
    """Finds a session module where it is, with our loader around its own."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in SESSIONS:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


def _run_hidden_sitecustomize() -> None:
    """Runs the next ``sitecustomize`` on ``sys.path``, which Python would have imported without this one."""
    here = os.path.dirname(os.path.abspath(__file__))
    others = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != here]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is None or spec.loader is None:
        return
    module = type(sys)("sitecustomize")
    module.__spec__, module.__file__ = spec, spec.origin
    spec.loader.exec_module(module)


sys.meta_path.insert(0, _Finder())
_run_hidden_sitecustomize()
