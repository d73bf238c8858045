"""No socket leaves the machine during replay.

CPython reports every connection, look-up and datagram to audit hooks before it is made (PEP 578), whoever makes it:
threads, tracing uploads and libraries that no HTTP patch knows are seen too. A hook stays for the life of the
process; it does nothing while no replay runs.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from harness.cassettes.router import current
from harness.core.results import Mode
from harness.errors import EgressBlockedError

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", ""})

_lock = threading.Lock()
_guards = 0
_installed = False
_strays: list[EgressBlockedError] = []


@contextmanager
def guarded() -> Iterator[None]:
    """While this block runs, what tries to leave the machine outside a recording or live trial is refused.

    Connections to this machine itself are let through: nothing leaves by them, and databases live there.
    """
    global _guards, _installed  # noqa: PLW0603 - one hook for the process
    with _lock:
        if not _installed:
            sys.addaudithook(_hook)
            _installed = True
        _guards += 1
    try:
        yield
    finally:
        with _lock:
            _guards -= 1


def strays() -> tuple[EgressBlockedError, ...]:
    """What was refused outside any trial (in a thread of its own, say), once: asking empties the list."""
    with _lock:
        found = tuple(_strays)
        _strays.clear()
    return found


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _guards or (event not in _EVENTS and event not in _LOOKUPS):
        return
    tape = current()
    if tape is not None and tape.mode is not Mode.REPLAY:
        return
    host = _host(event, arguments)
    if host is None or _is_local(host):
        return
    problem = EgressBlockedError(
        f"a connection to {host!r} was refused: replay sends nothing",
        where=_who(),
        hint="record it as HTTP made by a tool, or take it out of the trial",
    )
    if tape is not None:
        tape.note(problem)
    else:
        _strays.append(problem)
    raise problem


def _host(event: str, arguments: tuple[Any, ...]) -> str | None:
    """Where to; None for what has no host, like a Unix socket."""
    if event in _LOOKUPS:
        return _text(arguments[0])
    source, address = arguments[0], arguments[-1]
    if getattr(source, "family", None) not in (socket.AF_INET, socket.AF_INET6):
        return None
    return _text(address[0]) if isinstance(address, tuple) and address else None


def _text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")


def _is_local(host: str) -> bool:
    if host.lower() in _LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _who() -> str:
    """The innermost line outside the standard library and the packages around it."""
    frames = traceback.extract_stack()[:-2]
    own = [each for each in frames if "site-packages" not in each.filename and sys.prefix not in each.filename]
    outside = [
        each for each in own if f"{sys.base_prefix}/lib" not in each.filename and "harness/" not in each.filename
    ]
    frame = (outside or own or frames)[-1]
    return f"{frame.filename}:{frame.lineno}"
