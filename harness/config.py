"""Settings, resolved once: defaults < [tool.harness] in pyproject.toml < environment < command line."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from harness.core.results import Mode
from harness.errors import UsageError, did_you_mean

_PREFIX = "HARNESS_"
_TABLES = ("gate", "redact")
_APIS = ("responses", "chat_completions")
_LEAST = {
    "concurrency": 1,
    "processes": 1,
    "trials": 0,
    "timeout": 0.001,
    "max_turns": 1,
    "max_failures": 0,
    "max_age_days": 0,
    "max_cost": 0,
}
_WORDS = {bool: "true or false", int: "a whole number", float: "a number", Mode: " | ".join(Mode)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. Paths are relative to `root`, the folder of pyproject.toml.

    `concurrency` is how many trials run at once in one process. `max_failures` 0 means no limit. `timeout` is in
    seconds per trial. `api` is what the endpoint speaks, `responses` or `chat_completions`. `endpoint` is where
    recordings and live runs go; None is the OpenAI client's own default. `max_age_days` 0 means that recordings do
    not expire. `max_cost` is in US dollars a run, 0 means no limit. `everything` records anew also what is recorded
    and fits, `stale` leaves out what has no recording yet. `seed` 0 seeds nothing; `clock` is a moment in ISO 8601 at
    which every trial's clock stands, `recorded` for that of its recording, or empty. `shard` is `i/n`, the i-th of n
    parts; empty is the whole. `gated` lets the gate decide what the process exits with.
    """

    root: Path = Path()
    system: str = ""
    scenarios: Path = Path("scenarios")
    cassettes: Path = Path("cassettes")
    out: Path = Path("reports")
    variants: Path = Path("variants")
    mode: Mode = Mode.REPLAY
    endpoint: str | None = None
    api: str = "responses"
    judge_model: str = "gpt-4o-mini"
    concurrency: int = 8
    processes: int = 1
    trials: int = 0
    timeout: float = 120.0
    max_turns: int = 30
    max_failures: int = 0
    seed: int = 0
    clock: str = ""
    shard: str = ""
    strict: bool = False
    everything: bool = False
    stale: bool = False
    gated: bool = False
    max_age_days: int = 0
    max_cost: float = 0.0
    baseline: Path | None = None
    gate: Mapping[str, Any] = field(default_factory=dict)
    redact: Mapping[str, str] = field(default_factory=dict)

    def path(self, value: Path) -> Path:
        """`value` seen from the project's folder."""
        return value if value.is_absolute() else self.root / value


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a setting's value came from, for `harness doctor`."""

    name: str
    value: Any
    source: str


def resolve(
    overrides: Mapping[str, Any] | None = None, start: Path | None = None, otherwise: Path | None = None
) -> Settings:
    """The settings that hold for a command started in `start` (default: the current folder).

    The project's folder is the nearest one upwards with a [tool.harness], else `otherwise` (default: `start`).
    `overrides` are the command line's; None values in it mean "not given". Raises UsageError for an unknown setting
    or a value of the wrong kind, naming where it stands.
    """
    root, project = _project_table(start or Path.cwd(), otherwise)
    values: dict[str, Any] = {}
    for source, layer in _layers(project, root, overrides or {}):
        for name, raw in layer.items():
            values[name] = _coerce(name, raw, source)
    return Settings(root=root, **values)


def origins(overrides: Mapping[str, Any] | None = None, start: Path | None = None) -> tuple[Origin, ...]:
    """Each setting with the place its value came from."""
    root, project = _project_table(start or Path.cwd())
    settings = resolve(overrides, start)
    sources = dict.fromkeys((each.name for each in fields(Settings)), "default")
    for source, layer in _layers(project, root, overrides or {}):
        sources |= dict.fromkeys(layer, source)
    return tuple(Origin(name, getattr(settings, name), source) for name, source in sources.items())


def in_ci() -> bool:
    """Whether this is a CI machine (`CI` is set), where nothing is recorded, accepted or blessed."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false", "no")


def _layers(
    project: Mapping[str, Any], root: Path, overrides: Mapping[str, Any]
) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    environment = {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in os.environ.items()
        if name.startswith(_PREFIX) and name.removeprefix(_PREFIX).lower() in _known()
    }
    given = {name: value for name, value in overrides.items() if value is not None}
    return (
        (f"{root / 'pyproject.toml'} [tool.harness]", project),
        ("environment", environment),
        ("command line", given),
    )


def _project_table(start: Path, otherwise: Path | None = None) -> tuple[Path, Mapping[str, Any]]:
    """The nearest folder upwards whose pyproject.toml has [tool.harness], and that table."""
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if not path.is_file():
            continue
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("harness")
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"this is not valid TOML: {error}", where=str(path)) from error
        if table is not None:
            return folder, {name.replace("-", "_"): value for name, value in table.items()}
    return otherwise or start, {}


def _known() -> dict[str, Any]:
    defaults = Settings()
    return {each.name: getattr(defaults, each.name) for each in fields(Settings) if each.name != "root"}


def _coerce(name: str, raw: Any, source: str) -> Any:
    known = _known()
    if name not in known:
        raise UsageError(f"unknown setting {name!r}", where=source, hint=did_you_mean(name, known))
    kind = Path if name == "baseline" else type(known[name])
    if name in _TABLES:
        return _table(name, raw, source)
    if name == "shard":
        return _shard(str(raw), source)
    try:
        return _within(name, _cast(kind, raw))
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{name} = {raw!r} is not right", where=source, hint=f"expected: {_expected(name, kind)}"
        ) from error


def _within(name: str, value: Any) -> Any:
    """The value, when it is one that a run can do something with. Raises ValueError."""
    if (name in _LEAST and not value >= _LEAST[name]) or (name == "api" and value not in _APIS):
        raise ValueError(value)
    return value


def _expected(name: str, kind: type) -> str:
    if name == "api":
        return " | ".join(_APIS)
    least = f", {_LEAST[name]} or more" if name in _LEAST else ""
    return f"{_WORDS.get(kind, 'a text')}{least}"


def _cast(kind: type, raw: Any) -> Any:
    if kind is type(None):
        return str(raw)
    if kind is bool:
        return _boolean(raw)
    if kind is int and isinstance(raw, float):
        raise ValueError(raw)
    return kind(raw)


def _shard(raw: str, source: str) -> str:
    found = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", raw)
    if found is None or int(found[1]) > int(found[2]):
        raise UsageError(f"shard = {raw!r} is not right", where=source, hint="expected: i/n, for example 2/4")
    return raw


def _boolean(raw: Any) -> bool:
    truths = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    try:
        return truths[str(raw).lower()]
    except KeyError:
        raise ValueError(raw) from None


def _table(name: str, raw: Any, source: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise UsageError(f"{name} = {raw!r} is not a table", where=source, hint=f"write [tool.harness.{name}]")
    return raw
