"""Cassettes on disk: vcrpy's own format, written whole or not at all, made to be read in a review."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from vcr.request import Request
from vcr.serialize import CASSETTE_FORMAT_VERSION
from vcr.serializers import compat

from harness.core.trace import JSON
from harness.errors import CassetteCorruptError, CassetteMissingError

METADATA = "harness"
"""The key of our own part of a cassette's metadata."""

_KEPT_HEADERS = frozenset({"content-type", "x-harness-stand-in", "retry-after"})
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(slots=True)
class Interaction:
    """One request with its answer, both as vcrpy has them."""

    request: Request
    response: dict[str, Any]


@dataclass(slots=True)
class Cassette:
    """What a file holds."""

    interactions: list[Interaction] = field(default_factory=list)
    metadata: dict[str, JSON] = field(default_factory=dict)


class _Text(yaml.SafeDumper):
    """Writes texts of several lines as blocks, so that a change of one line is a difference of one line."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Text.add_representer(str, _represent_text)


def load(path: Path) -> Cassette:
    """The cassette at `path`, ours or one that plain vcrpy wrote; the file is left as it is.

    Raises CassetteMissingError when there is none, CassetteCorruptError when it is not a cassette.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise CassetteMissingError(f"no recording at {str(path)!r}", hint="next: harness record") from error
    except UnicodeDecodeError as error:
        raise _corrupt(path, "it is not UTF-8 text") from error
    if not text.strip():
        raise _corrupt(path, "it is empty")
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, the C one where there is one
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise _corrupt(path, "it is not YAML", line=mark.line + 1 if mark else None) from error
    return _cassette(data, path)


def _cassette(data: Any, path: Path) -> Cassette:
    if isinstance(data, list) and data and isinstance(data[0], dict) and "request" in data[0]:
        raise _corrupt(path, "it has the format of vcrpy before 1.0")
    if not isinstance(data, dict) or not isinstance(data.get("interactions"), list):
        raise _corrupt(path, "it has no list of interactions")
    if data.get("version") != CASSETTE_FORMAT_VERSION:
        raise _corrupt(path, f"it has format version {data.get('version')!r}, not {CASSETTE_FORMAT_VERSION}")
    interactions = [_interaction(each, number, path) for number, each in enumerate(data["interactions"], 1)]
    metadata = data.get("metadata") or {}
    return Cassette(interactions, metadata if isinstance(metadata, dict) else {})


def _interaction(row: Any, number: int, path: Path) -> Interaction:
    try:
        response = compat.convert_to_bytes(row["response"])
        if not isinstance(response["status"]["code"], int) or "string" not in response["body"]:
            raise _corrupt(path, f"interaction {number} has no answer that can be given")
        return Interaction(Request._from_dict(row["request"]), response)  # noqa: SLF001 - vcrpy's own reader
    except (KeyError, TypeError, AttributeError) as error:
        raise _corrupt(path, f"interaction {number} is not a request with its response") from error


def _corrupt(path: Path, why: str, line: int | None = None) -> CassetteCorruptError:
    return CassetteCorruptError(
        f"this is not a cassette that can be replayed: {why}",
        where=f"{path}:{line}" if line else str(path),
        hint="the file is left as it is; restore it, or remove it and record again",
    )


def dump(cassette: Cassette) -> str:
    """The cassette as the text of a file."""
    data = {
        "interactions": [
            {"request": _request(each.request), "response": _response(each.response)} for each in cassette.interactions
        ],
        "metadata": cassette.metadata,
        "version": CASSETTE_FORMAT_VERSION,
    }
    return yaml.dump(data, Dumper=_Text, sort_keys=True, allow_unicode=True, width=10_000)


def save(cassette: Cassette, path: Path) -> None:
    """Put the cassette in the place of what was there, at once: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(dump(cassette))
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _request(request: Request) -> dict[str, Any]:
    plain = compat.convert_to_unicode(request._to_dict())  # noqa: SLF001 - vcrpy's own writer
    headers = {name: list(values) for name, values in plain["headers"].items() if name.lower() in _KEPT_HEADERS}
    return {"body": _readable(plain["body"]), "headers": headers, "method": plain["method"], "uri": plain["uri"]}


def _response(response: dict[str, Any]) -> dict[str, Any]:
    plain = compat.convert_to_unicode(response)
    headers = {name: list(values) for name, values in plain["headers"].items() if name.lower() in _KEPT_HEADERS}
    body = plain["body"]["string"]
    return {"body": {"string": _readable(body)}, "headers": headers, "status": dict(plain["status"])}


def _readable(body: Any) -> Any:
    """JSON over several lines; every other body as it is."""
    if not isinstance(body, str):
        return body
    try:
        parsed = json.loads(body)
    except ValueError:
        return body
    return json.dumps(parsed, indent=1, ensure_ascii=False) if isinstance(parsed, dict | list) else body
