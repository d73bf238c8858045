"""The blessed past: what later runs are held against, as a file that a review can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from harness.analysis.outcome import quarantined_ids
from harness.analysis.screening import HISTORY_TRIALS
from harness.analysis.sides import variants_of
from harness.analysis.summary import Entry, Summary, summary_of
from harness.analysis.tally import OVERALL, Tally
from harness.core.results import Mode, Verdict
from harness.errors import RunFileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.core.results import Run

FORMAT_VERSION = 1
"""Version of the baseline file. Readers refuse a newer one."""

_TABLES = ("agents", "entries")


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineChange:
    """Two baselines, scenario by scenario, as ids."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]]


def bless(run: Run, previous: Summary | None = None, *, in_ci: bool = False) -> Summary:
    """`run` as a baseline. Live runs are pooled with `previous`: the newest 30 trials of each unchanged scenario.

    Raises UsageError with everything that speaks against it: continuous integration, a run that is partial or from
    uncommitted code, trials that could not be judged, several variants, another system or mode than `previous`.
    """
    against = [*objections(run, in_ci=in_ci), *_mixture(run, previous)]
    if against:
        raise UsageError(
            f"run {run.info.id} cannot become the baseline: " + "; ".join(against),
            hint="a baseline is blessed by a person, from a complete run of committed code",
        )
    fresh = summary_of(run)
    if previous is None:
        return fresh
    if run.info.id in previous.runs:
        return previous
    entries = {name: _blessed(entry, previous.entries.get(name), fresh.mode) for name, entry in fresh.entries.items()}
    kept = _still_pooled([*previous.runs, *fresh.runs], entries) if fresh.mode is Mode.LIVE else fresh.runs
    return replace(fresh, entries=entries, runs=kept)


def objections(run: Run, *, in_ci: bool = False) -> tuple[str, ...]:
    """Everything that speaks against blessing `run` by itself; quarantined scenarios do not."""
    aside = quarantined_ids(run)
    deciding = [trial for trial in run.trials if trial.scenario not in aside]
    errored = sorted({trial.scenario for trial in deciding if trial.verdict is Verdict.ERRORED})
    stale = sorted({trial.scenario for trial in deciding if trial.cassette and trial.cassette.stale})
    unrun = sorted({each.id for each in run.scenarios} - {trial.scenario for trial in run.trials})
    reused = run.info.mode is Mode.RECORD and any(trial.traffic.replayed for trial in deciding)
    found = {
        "this is continuous integration, where nothing is blessed": in_ci,
        "nothing ran": not run.trials,
        "it was not finished": not run.complete,
        f"it is only shard {run.info.shard}": run.info.shard,
        "the code it ran has uncommitted changes": run.info.dirty,
        "it recorded only what was missing, so that its trials are neither live nor replays": reused,
        f"no trial of {_named(unrun)}": run.trials and unrun,
        f"{_named(errored)} could not be judged": errored,
        f"the recordings of {_named(stale)} are stale": stale,
        f"it mixes variants: {', '.join(variants_of(run))}": len(variants_of(run)) > 1,
    }
    return tuple(text for text, holds in found.items() if holds)


def age_in_days(summary: Summary, now: datetime) -> int | None:
    """Whole days between the newest run that was blessed and `now`; None when either date cannot be read."""
    try:
        created = datetime.fromisoformat(summary.created_at)
    except ValueError:
        return None
    return (now - (created if created.tzinfo else created.replace(tzinfo=now.tzinfo))).days


def changes(old: Summary, new: Summary) -> BaselineChange:
    """What blessing `new` in the place of `old` changes."""
    both = [name for name in new.entries if name in old.entries]
    found = {name: _changed_fields(old.entries[name], new.entries[name]) for name in both}
    return BaselineChange(
        added=tuple(sorted(set(new.entries) - set(old.entries))),
        removed=tuple(sorted(set(old.entries) - set(new.entries))),
        changed={name: parts for name, parts in sorted(found.items()) if parts},
    )


def read_baseline(path: Path) -> Summary:
    """The baseline at `path`. Raises UsageError when there is none, RunFileError when it cannot be read."""
    if not path.is_file():
        raise UsageError(f"no baseline at {str(path)!r}", hint=f"harness baseline bless RUN --baseline {path}")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        version = data.pop("format")
        if version > FORMAT_VERSION:
            raise RunFileError(
                f"this baseline has format {version}, newer than {FORMAT_VERSION}",
                where=str(path),
                hint="update harness",
            )
        return TypeAdapter(Summary).validate_python({**data, "label": path.stem})
    except (ValueError, KeyError, AttributeError, TypeError, ValidationError) as error:
        raise RunFileError(
            f"this is not a baseline: {error}", where=str(path), hint="harness baseline bless"
        ) from error


def as_text(summary: Summary) -> str:
    """The file's text: sorted JSON with one line for each agent and each scenario, defaults left out."""
    data: dict[str, Any] = TypeAdapter(Summary).dump_python(
        replace(summary, label=""), mode="json", exclude_defaults=True
    )
    head = {
        "format": FORMAT_VERSION,
        **{name: value for name, value in data.items() if name not in (*_TABLES, "label")},
    }
    lines = [f"  {json.dumps(name)}: {_line(value)}" for name, value in head.items()]
    agents = [f"    {_line(node)}" for node in data.get("agents", ())]
    entries = [f"    {json.dumps(name)}: {_line(entry)}" for name, entry in sorted(data.get("entries", {}).items())]
    lines += ['  "agents": ' + _block("[]", agents), '  "entries": ' + _block("{}", entries)]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _block(brackets: str, lines: Sequence[str]) -> str:
    return f"{brackets[0]}\n" + ",\n".join(lines) + f"\n  {brackets[1]}" if lines else brackets


def _mixture(run: Run, previous: Summary | None) -> tuple[str, ...]:
    """What speaks against putting `run` in the place of `previous`."""
    if previous is None:
        return ()
    mode = Mode.REPLAY if run.info.mode is Mode.REPLAY else Mode.LIVE
    found = {
        f"the baseline is of system {previous.system!r}, the run of {run.info.system!r}": previous.system
        != run.info.system,
        f"the baseline is of {previous.mode} runs, this is a {run.info.mode} run": previous.mode is not mode,
    }
    return tuple(text for text, holds in found.items() if holds)


def _blessed(entry: Entry, previous: Entry | None, mode: Mode) -> Entry:
    if previous is None or mode is Mode.REPLAY or not entry.same_case(previous):
        return entry
    metrics = dict.fromkeys([*previous.batches, *entry.batches])
    batches = {name: _newest((*previous.batches.get(name, ()), *entry.batches.get(name, ()))) for name in metrics}
    return replace(entry, batches=batches)


def _newest(batches: Sequence[Tally]) -> tuple[Tally, ...]:
    """The newest batches that together have at most 30 trials, and always the last."""
    kept: list[Tally] = []
    for batch in reversed(batches):
        if kept and sum(each.total for each in kept) + batch.total > HISTORY_TRIALS:
            break
        kept.append(batch)
    return tuple(reversed(kept))


def _still_pooled(runs: Sequence[str], entries: Mapping[str, Entry]) -> tuple[str, ...]:
    deepest = max((len(entry.batches.get(OVERALL, ())) for entry in entries.values()), default=1)
    return tuple(runs[-max(deepest, 1) :])


def _changed_fields(old: Entry, new: Entry) -> tuple[str, ...]:
    parts = []
    for each in fields(Entry):
        before, after = getattr(old, each.name), getattr(new, each.name)
        if before != after:
            shown = f" {before} -> {after}" if isinstance(after, str | int | float) and each.name != "why" else ""
            parts.append(f"{each.name}{shown}")
    return tuple(parts)


def _named(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
