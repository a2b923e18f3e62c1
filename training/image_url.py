"""Fetches a picture from a URL that a stranger wrote: public addresses only, and within limits.

An endpoint that fetches whatever it is told to can be made to read its own network: the credentials of its role, its
neighbours, itself. So each connection, also after a redirect, goes to an address that was checked, not to a name that
may resolve to another one a moment later.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import os
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

ALLOW = "IMAGE_URL_ALLOW"
"""Environment variable: ``host:port,host:port`` that may be private, ``127.0.0.1:8000`` for a server beside us."""


class FetchError(Exception):
    """The picture cannot be had; the message says why and can be shown to whoever sent the URL."""


@dataclass(frozen=True)
class Limits:
    seconds: float = 10.0
    """For everything together, redirects included."""
    size: int = 10 * 1024 * 1024
    """Bytes."""
    redirects: int = 3


LIMITS = Limits()


def fetch(url: str, limits: Limits = LIMITS) -> bytes:
    """The bytes behind an http or https URL.

    Raises:
        FetchError: refused, too slow, too large, redirected too often, or not answered with 200.
    """
    deadline = time.monotonic() + limits.seconds
    for _ in range(limits.redirects + 1):
        target = Target.of(url)
        try:
            answer = _get(target, deadline, limits)
        except (OSError, http.client.HTTPException) as error:
            raise FetchError(f"{target.authority} does not answer as it should: {error!r}.") from error
        if isinstance(answer, bytes):
            return answer
        url = urljoin(url, answer.location)
    raise FetchError(f"There are more than {limits.redirects} redirects.")


@dataclass(frozen=True)
class Target:
    """Where a URL leads."""

    https: bool
    host: str
    port: int
    path: str

    @staticmethod
    def of(url: str) -> Target:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise FetchError(f"This is not a URL: {error}.") from error
        if parts.scheme not in ("http", "https"):
            raise FetchError("Only http and https URLs are fetched.")
        if not host:
            raise FetchError("The URL names no host.")
        if parts.username is not None:
            raise FetchError("A URL with a user name or password in it is not fetched.")
        https = parts.scheme == "https"
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        # What is escaped already stays as it is; spaces, umlauts and control characters are escaped.
        return Target(https, host, port or (443 if https else 80), quote(path, safe="/%:=&?~+!$,;'@()*[]"))

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def name(self) -> str:
        """As the Host header has it."""
        return self.authority.removesuffix(":443" if self.https else ":80")

    @property
    def allowed(self) -> bool:
        """Named in IMAGE_URL_ALLOW: its address is not looked at."""
        return self.authority in [entry.strip().lower() for entry in os.environ.get(ALLOW, "").split(",")]


@dataclass(frozen=True)
class _Redirect:
    location: str


def _get(target: Target, deadline: float, limits: Limits) -> bytes | _Redirect:
    stream = _connect(target, deadline)
    # A socket's own timeout begins anew with each byte, so the connection is cut, and a little after the deadline:
    # whoever then finds it cut also finds the deadline passed.
    handle = stream.dup()
    cut = threading.Timer(max(deadline - time.monotonic(), 0) + 0.05, _cut, [handle])
    cut.daemon = True
    cut.start()
    connection = http.client.HTTPConnection(target.host, target.port)
    try:
        if target.https:
            stream = ssl.create_default_context().wrap_socket(stream, server_hostname=target.host)
        connection.sock = stream
        headers = {"Host": target.name, "Accept": "image/*", "User-Agent": "image-classifier/1.0"}
        connection.request("GET", target.path, headers=headers)
        response = connection.getresponse()
        if response.status in (301, 302, 303, 307, 308):
            return _Redirect(response.headers.get("Location") or "")
        if response.status != 200:
            raise FetchError(f"{target.authority} answered {response.status} {response.reason}.")
        return _body(response, deadline, limits)
    except (OSError, http.client.HTTPException):
        _remaining(deadline)  # cut by us: then that is the reason
        raise
    finally:
        cut.cancel()
        handle.close()
        connection.close()
        stream.close()


def _body(response: http.client.HTTPResponse, deadline: float, limits: Limits) -> bytes:
    too_large = FetchError(f"The picture has more than {limits.size:,} bytes.")
    if (response.length or 0) > limits.size:
        raise too_large
    body = response.read(limits.size + 1)
    _remaining(deadline)  # a body without a length ends quietly when it is cut
    if len(body) > limits.size:
        raise too_large
    return body


def _connect(target: Target, deadline: float) -> socket.socket:
    """A connection to an address that was checked: the name is resolved once, here, and never again."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError(f"{target.host} is not known: {error}.") from error
    if not target.allowed and not all(is_public(str(entry[4][0])) for entry in found):
        raise FetchError(f"{target.host} is not a public address, and {target.authority} is not in {ALLOW}.")
    failure: OSError | None = None
    for family, kind, protocol, _, address in found:
        stream = socket.socket(family, kind, protocol)
        try:
            stream.settimeout(_remaining(deadline))
            stream.connect(address)
            return stream
        except OSError as error:
            failure = error
            stream.close()
    _remaining(deadline)
    raise failure or OSError("no address")


def is_public(address: str) -> bool:
    """False for loopback, private, link-local, shared, reserved and multicast addresses, also inside of IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in ipaddress.ip_network("64:ff9b::/96"):  # NAT64 (RFC 6052)
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _remaining(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise FetchError("Fetching the picture took too long.")
    return seconds


def _cut(stream: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it is closed already
        stream.shutdown(socket.SHUT_RDWR)
