"""Cassettes on disk: vcrpy's own format, written whole or not at all, made to be read in a review."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from vcr.request import Request
from vcr.serialize import CASSETTE_FORMAT_VERSION
from vcr.serializers import compat

from harness.cassettes.bodies import plain_bytes, plain_text
from harness.cassettes.yaml_reading import Loader
from harness.core.trace import JSON
from harness.errors import CassetteCorruptError, CassetteMissingError

METADATA = "harness"
"""The key of our own part of a cassette's metadata."""

FORMAT = 1
"""Version of that part."""

PART = ".part"
"""The ending of a file that is being written; one that stays behind is of no use."""


@dataclass(slots=True)
class Interaction:
    """One request with its answer, both as vcrpy has them."""

    request: Request
    response: dict[str, Any]


@dataclass(slots=True)
class Cancelled:
    """A request that was cancelled before anyone read its answer. `number` is its place among all calls, from 1."""

    number: int
    request: Request


@dataclass(slots=True)
class Cassette:
    """What a file holds. `cancelled` is kept in our own part: vcrpy has no interaction without an answer."""

    interactions: list[Interaction] = field(default_factory=list)
    metadata: dict[str, JSON] = field(default_factory=dict)
    cancelled: list[Cancelled] = field(default_factory=list)

    def calls(self) -> Iterator[tuple[Request, Interaction | None]]:
        """Every request in the order of asking, with the interaction it belongs to; None when it was cancelled."""
        waiting = iter(self.interactions)
        cancelled = {each.number: each.request for each in self.cancelled}
        for number in range(1, len(self.interactions) + len(self.cancelled) + 1):
            if number in cancelled:
                yield cancelled[number], None
            else:
                interaction = next(waiting)
                yield interaction.request, interaction

    @property
    def described(self) -> dict[str, JSON]:
        """Our own part of the metadata; empty for a cassette that plain vcrpy wrote."""
        own = self.metadata.get(METADATA)
        return own if isinstance(own, dict) else {}


class _Text(yaml.SafeDumper):
    """Writes texts of several lines as blocks, so that a change of one line is a difference of one line."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never an anchor: every interaction reads on its own."""
        del data
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Text.add_representer(str, _represent_text)


def load(path: Path, told: str = "") -> Cassette:
    """The cassette at `path`, ours or one that plain vcrpy wrote; the file is left as it is. Errors call it `told`.

    Raises CassetteMissingError when there is none, CassetteCorruptError when it is not a cassette.
    """
    place = told or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise CassetteMissingError(f"no recording at {place!r}", hint="next: harness record") from error
    except UnicodeDecodeError as error:
        raise corrupt(place, "it is not UTF-8 text") from error
    if not text.strip():
        raise corrupt(place, "it is empty")
    try:
        data = yaml.load(text, Loader=Loader)  # noqa: S506 - vcrpy's own loader, in less time
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise corrupt(place, "it is not YAML, or was cut off", line=mark.line + 1 if mark else None) from error
    return _cassette(data, place)


def _cassette(data: Any, place: str) -> Cassette:
    if isinstance(data, list) and data and isinstance(data[0], dict) and "request" in data[0]:
        raise corrupt(place, "it has the format of vcrpy before 1.0")
    if not isinstance(data, dict) or not isinstance(data.get("interactions"), list):
        raise corrupt(place, "it has no list of interactions")
    if data.get("version", CASSETTE_FORMAT_VERSION) != CASSETTE_FORMAT_VERSION:
        raise corrupt(place, f"it has format version {data['version']!r}, not {CASSETTE_FORMAT_VERSION}")
    metadata = data.get("metadata") or {}
    cassette = Cassette(
        [_interaction(each, number, place) for number, each in enumerate(data["interactions"], 1)],
        metadata if isinstance(metadata, dict) else {},
    )
    written = cassette.described.get("format", FORMAT)
    if written != FORMAT:
        raise corrupt(place, f"its harness part has format {written!r}, and this harness reads {FORMAT}")
    cassette.cancelled = _cancelled(cassette, place)
    return cassette


def _cancelled(cassette: Cassette, place: str) -> list[Cancelled]:
    rows = cassette.described.get("cancelled") or []
    try:
        found = [Cancelled(int(row["number"]), Request._from_dict(row["request"])) for row in rows]  # noqa: SLF001 - vcrpy's own reader
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise corrupt(place, "its harness part tells of a cancelled call that is no request") from error
    places = {each.number for each in found} & set(range(1, len(cassette.interactions) + len(found) + 1))
    if len(places) != len(found):
        raise corrupt(place, "its harness part tells of a cancelled call at a place that is none")
    return found


def _interaction(row: Any, number: int, place: str) -> Interaction:
    try:
        response = compat.convert_to_bytes(_of_today(row["response"]))
        if not isinstance(response["status"]["code"], int) or not isinstance(response["headers"], dict):
            raise corrupt(place, f"interaction {number} has no answer that can be given")
        response["body"]["string"] = response["body"].get("string") or b""
        return Interaction(Request._from_dict(row["request"]), response)  # noqa: SLF001 - vcrpy's own reader
    except (KeyError, TypeError, AttributeError) as error:
        raise corrupt(place, f"interaction {number} is not a request with its response") from error


def _of_today(response: dict[str, Any]) -> dict[str, Any]:
    """Older vcrpy wrote what httpx answered in a form of its own, whose headers tell of an encoding that is off."""
    if "status_code" not in response:
        return response
    headers = {name: values for name, values in response["headers"].items() if name.lower() != "content-encoding"}
    status = {"code": response["status_code"], "message": ""}
    return {"status": status, "headers": headers, "body": {"string": response["content"]}}


def corrupt(place: str, why: str, line: int | None = None) -> CassetteCorruptError:
    """The error of a file that is no cassette, in words that tell `why`."""
    return CassetteCorruptError(
        f"this is not a cassette that can be replayed: {why}",
        where=f"{place}:{line}" if line else place,
        hint="the file is left as it is; restore it, or remove it and record again",
    )


def dump(cassette: Cassette) -> str:
    """The cassette as the text of a file."""
    rows = [{"request": _request(each.request), "response": _response(each)} for each in cassette.interactions]
    own = {**cassette.described, "cancelled": [_lone(each) for each in cassette.cancelled]}
    metadata = {**cassette.metadata, METADATA: own} if cassette.cancelled else cassette.metadata
    data = {"interactions": rows, "version": CASSETTE_FORMAT_VERSION, **({"metadata": metadata} if metadata else {})}
    return yaml.dump(data, Dumper=_Text, sort_keys=True, allow_unicode=True, width=10_000)


def save(cassette: Cassette, path: Path) -> None:
    """Put the cassette in the place of what was there, at once: a reader sees the old file or the new one.

    That holds for a crash of the process and of the machine: the text is on the disk before it gets its name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=PART)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(dump(cassette))
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
        _sync_folder(path.parent)
    finally:
        Path(name).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lone(cancelled: Cancelled) -> dict[str, Any]:
    return {"number": cancelled.number, "request": _request(cancelled.request)}


def _request(request: Request) -> dict[str, Any]:
    plain = request._to_dict()  # noqa: SLF001 - vcrpy's own writer
    body = plain["body"]
    told = plain_bytes(body) if hasattr(body, "read") or isinstance(body, Iterator) else body
    return {**plain, "body": plain_text(told)}


def _response(interaction: Interaction) -> dict[str, Any]:
    """A copy: vcrpy turns the body into text in place."""
    told: dict[str, Any] = compat.convert_to_unicode(deepcopy(interaction.response))
    return told
