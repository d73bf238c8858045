"""What a team asks of its agents before a merge: the [tool.harness.gate] table, read and checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from harness.errors import UsageError, did_you_mean

PLACE = "[tool.harness.gate]"


class Tier(StrEnum):
    """How much a broken metric weighs: critical blocks, supporting blocks when two break, advisory is shown."""

    CRITICAL = "critical"
    SUPPORTING = "supporting"
    ADVISORY = "advisory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one metric must keep: rates in 0..1, inclusive; `max_drop` is against the baseline."""

    tier: Tier = Tier.CRITICAL
    floor: float | None = None
    ceiling: float | None = None
    max_drop: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The whole gate.

    `baseline` is a path. `paths` also refuses a changed path (same verdict, other calls) in replay. `inconclusive` is
    what it means when the numbers leave it open: pass, fail, or inconclusive; what could not be judged never passes.
    `max_errors` is the share of errored trials beyond which a live run cannot be judged. `max_age_days` is when a
    baseline is called old.
    """

    baseline: str | None = None
    must_pass: tuple[str, ...] = ()
    metrics: Mapping[str, Rule] = field(default_factory=dict)
    paths: bool = False
    inconclusive: str = "inconclusive"
    max_errors: float = 0.02
    max_age_days: int = 30


DEFAULT = Policy()


def read_policy(table: Mapping[str, Any], known: Collection[str]) -> Policy:
    """The policy in a [tool.harness.gate] table; `known` are the metrics that exist.

    Raises UsageError for an unknown key or metric, or a value that makes no sense, naming where it stands.
    """
    _refuse_unknown(table, [each.name for each in fields(Policy)], PLACE)
    return Policy(
        baseline=_text(table, "baseline"),
        must_pass=_names(table.get("must_pass", ())),
        metrics={name: _rule(name, rule, known) for name, rule in _mapping(table.get("metrics", {})).items()},
        paths=_flag(table, "paths"),
        inconclusive=_choice(table, "inconclusive", ("pass", "fail", "inconclusive")),
        max_errors=_rate(table.get("max_errors", DEFAULT.max_errors), "max_errors"),
        max_age_days=_days(table, "max_age_days"),
    )


def _rule(name: str, table: Any, known: Collection[str]) -> Rule:
    place = f'[tool.harness.gate.metrics] "{name}"'
    if name not in known:
        raise UsageError(f"unknown metric {name!r}", where=place, hint=did_you_mean(name, known))
    given = _mapping(table, place)
    _refuse_unknown(given, [each.name for each in fields(Rule)], place)
    rule = Rule(
        tier=_tier(given.get("tier", Tier.CRITICAL), place),
        **{key: _rate(given[key], f"{name}.{key}") for key in ("floor", "ceiling", "max_drop") if key in given},
    )
    if (rule.floor, rule.ceiling, rule.max_drop) == (None, None, None) and rule.tier is not Tier.ADVISORY:
        raise UsageError("this rule asks for nothing", where=place, hint="give floor, ceiling or max_drop")
    return rule


def _tier(value: Any, place: str) -> Tier:
    if value not in tuple(Tier):
        raise UsageError(f"tier = {value!r}", where=place, hint=did_you_mean(str(value), tuple(Tier)))
    return Tier(value)


def _rate(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UsageError(f"{name} = {value!r}", where=PLACE, hint="a rate between 0 and 1")
    return float(value)


def _flag(table: Mapping[str, Any], name: str) -> bool:
    value = table.get(name, getattr(DEFAULT, name))
    if not isinstance(value, bool):
        raise UsageError(f"{name} = {value!r}", where=PLACE, hint="true or false")
    return value


def _days(table: Mapping[str, Any], name: str) -> int:
    value = table.get(name, getattr(DEFAULT, name))
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError(f"{name} = {value!r}", where=PLACE, hint="a whole number of days")
    return value


def _choice(table: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = table.get(name, getattr(DEFAULT, name))
    if value not in allowed:
        raise UsageError(f"{name} = {value!r}", where=PLACE, hint=f"one of {', '.join(allowed)}")
    return str(value)


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise UsageError(f"must_pass = {value!r}", where=PLACE, hint="a list of scenario ids")
    return tuple(value)


def _text(table: Mapping[str, Any], name: str) -> str | None:
    value = table.get(name)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{name} = {value!r}", where=PLACE, hint="a path")
    return value


def _mapping(value: Any, place: str = "[tool.harness.gate.metrics]") -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(f"{value!r} is not a table", where=place)
    return value


def _refuse_unknown(table: Mapping[str, Any], known: Collection[str], place: str) -> None:
    for name in table:
        if name not in known:
            raise UsageError(f"unknown key {name!r}", where=place, hint=did_you_mean(name, known))
