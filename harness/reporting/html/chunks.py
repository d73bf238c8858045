"""Details by the thousand in one file: deflated in chunks that the page inflates when one is opened."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PER_CHUNK = 20


def chunks(fragments: Iterable[str]) -> Iterator[str]:
    """Base64 of the deflated JSON list of `PER_CHUNK` fragments, chunk by chunk."""
    waiting: list[str] = []
    for fragment in fragments:
        waiting.append(fragment)
        if len(waiting) == PER_CHUNK:
            yield pack(waiting)
            waiting = []
    if waiting:
        yield pack(waiting)


def pack(fragments: list[str]) -> str:
    """One chunk."""
    text = json.dumps(fragments, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("utf-8", "replace"), 6)).decode("ascii")


def unpack(chunk: str) -> list[str]:
    """The fragments of a chunk."""
    found: list[str] = json.loads(zlib.decompress(base64.b64decode(chunk)))
    return found
