"""The lines of run.jsonl: plain data to a line of JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from harness.core.graph import AgentGraph
from harness.core.results import FORMAT_VERSION, RunInfo, Trial
from harness.core.scenario import Location, Scenario
from harness.errors import RunFileError


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The first line: what the run is, before anything has run."""

    kind: Literal["run"] = "run"
    info: RunInfo
    graph: AgentGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRow:
    """A scenario of the run."""

    kind: Literal["scenario"] = "scenario"
    scenario: Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """A trial that ended."""

    kind: Literal["trial"] = "trial"
    trial: Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The last line: nothing is missing."""

    kind: Literal["end"] = "end"


Row: TypeAlias = Head | ScenarioRow | TrialRow | End


def line_of(row: Row) -> bytes:
    """A row as one line."""
    try:
        text = _adapter().dump_json(row)
    except PydanticSerializationError:
        text = _without_half_characters(row)
    return text + b"\n"


def row_of(line: bytes, where: Location) -> Row:
    """The row a line holds. Raises RunFileError for a line that is damaged, or of a newer format."""
    try:
        return _adapter().validate_json(line)
    except ValidationError as error:
        refuse_newer(line, where)
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"])
        what = f"{place}: {first['msg']}" if place else first["msg"]
        raise RunFileError(
            f"this line is damaged: {what}", where=where, hint="restore the file, or run again: harness run"
        ) from error


def refuse_newer(line: bytes, where: Location) -> None:
    """Raises RunFileError when this is the first line of a run that a newer harness wrote."""
    info = _info(line)
    version = info.get("format_version", FORMAT_VERSION)
    if isinstance(version, int) and version > FORMAT_VERSION:
        versions = info.get("versions")
        wrote = versions.get("harness") if isinstance(versions, Mapping) else None
        raise RunFileError(
            f"this run has format {version}, this harness reads up to {FORMAT_VERSION}",
            where=where,
            hint=f"it was written by harness {wrote or 'of an unknown version'}: update yours",
        )


def _info(line: bytes) -> Mapping[str, Any]:
    try:
        data = json.loads(line)
    except ValueError:
        return {}
    info = data.get("info") if isinstance(data, dict) else None
    return info if isinstance(info, dict) else {}


def _without_half_characters(row: Row) -> bytes:
    """A model can answer with half of a character (a lone surrogate), which UTF-8 cannot hold: U+FFFD stands for it."""
    plain = _adapter().dump_python(row, mode="python")
    text = json.dumps(plain, ensure_ascii=False, default=str)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


@cache
def _adapter() -> TypeAdapter[Row]:
    return TypeAdapter(Annotated[Row, Field(discriminator="kind")])
