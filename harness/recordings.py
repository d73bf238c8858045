"""The steps on recordings: list, verify, hold the new against the old, accept, reject, prune.

What needs the agents loads them, runs them in replay, and writes no run.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness import pipeline
from harness.analysis.meaning import Meaning, Shift, meaning
from harness.cassettes import inventory, review
from harness.cassettes.hiding import hidden
from harness.cassettes.redaction import patterns_of
from harness.cassettes.review import Decision, Pending
from harness.config import in_ci
from harness.core.results import Mode, Trial
from harness.errors import Problem, ProblemsError, Severity, UsageError, did_you_mean
from harness.execution.engine import run_all
from harness.execution.estimate import anew, estimate, source_of
from harness.execution.planning import trial_of
from harness.execution.revision import author_of
from harness.running import plan
from harness.work import conditions_of, judging

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.analysis.estimate import Estimate
    from harness.cassettes.inventory import Entry
    from harness.config import Settings
    from harness.core.scenario import Scenario
    from harness.execution.spec import Conditions, TrialSpec
    from harness.pipeline import Selection
    from harness.work import Agents


_NAMED = 5
"""How many scenarios a warning names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A new recording with what it means beside the old one; `before` is None where no scenario asks for it."""

    pending: Pending
    meaning: Meaning
    before: Trial | None = None
    after: Trial | None = None


def entries(settings: Settings) -> tuple[Entry, ...]:
    """Every recording there is."""
    return inventory.entries(_folder(settings))


def verify(settings: Settings) -> tuple[Problem, ...]:
    """What is wrong with the files of recordings."""
    return inventory.verify(_folder(settings))


def shown(settings: Settings, name: str) -> tuple[dict[str, object], ...]:
    """The interactions of one recording, readable and without secrets. Raises UsageError.

    `name` is as in the list, or a path: a recording that plain vcrpy made may hold a key.
    """
    return hidden(inventory.show(_named(settings, name)), patterns_of(settings.redact))


def orphans(settings: Settings) -> tuple[Path, ...]:
    """Recordings that no scenario of the suite asks for, those that wait for review included."""
    scenarios, folder = pipeline.read_scenarios(settings), _folder(settings)
    every = {path: path for path in inventory.names(folder).values()}
    every |= {each.pending: each.recorded for each in review.waiting(folder)}
    return tuple(path for path, place in every.items() if not _wanted(trial_of(folder, place, scenarios), settings))


def _wanted(spec: TrialSpec | None, settings: Settings) -> bool:
    """Further trials of a scenario (`--trials`) and the variants there are may be asked for again."""
    if spec is None:
        return False
    variants = settings.path(settings.variants)
    return spec.variant is None or any((variants / f"{spec.variant}{end}").exists() for end in (".yaml", ".yml"))


def problems(settings: Settings) -> tuple[Problem, ...]:
    """What a check says of the recordings; nothing is run. One that belongs to no scenario is an error.

    Of a suite that cannot be read nobody knows what it asks for: its own errors come first.
    """
    try:
        scenarios = pipeline.read_scenarios(settings)
    except ProblemsError:
        return ()
    folder = _folder(settings)
    missing = dict.fromkeys(each.scenario.id for each in plan(settings, scenarios) if not each.cassette.exists())
    waiting = dict.fromkeys(each.name for each in review.waiting(folder))
    return (
        *_warned("not recorded", tuple(missing), "next: harness record"),
        *_warned("waiting for review", tuple(waiting), "next: harness review"),
        *(
            Problem(message=f"the recording {path} belongs to no scenario", hint="next: harness cassettes prune")
            for path in orphans(settings)
        ),
    )


def _warned(what: str, names: Sequence[str], hint: str) -> tuple[Problem, ...]:
    if not names:
        return ()
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    message = f"{what}: {', '.join(names[:_NAMED])}{more}"
    return (Problem(message=message, hint=hint, severity=Severity.WARNING),)


def to_prune(settings: Settings) -> tuple[Path, ...]:
    """What can go: recordings that belong to no scenario, and what killed recordings left behind.

    Raises UsageError when there is no scenario at all: then every recording would go, and the folder is likely wrong.
    """
    useless = orphans(settings)
    if useless and not pipeline.read_scenarios(settings):
        where = str(settings.path(settings.scenarios))
        raise UsageError("there is no scenario, so every recording would go", where=where, hint="remove them by hand")
    return (*useless, *inventory.leftovers(_folder(settings)))


def prune(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Remove these files and tell which were there."""
    return inventory.prune(paths)


async def replayed(settings: Settings, selection: Selection) -> tuple[Trial, ...]:
    """Every selected trial that has a recording, run in replay and judged; nothing is saved."""
    settings = replace(settings, mode=Mode.REPLAY)
    scenarios = pipeline.read_scenarios(settings, selection)
    with pipeline.environment(settings):
        agents = pipeline.load_agents(settings)
        chosen = pipeline.choose(settings, scenarios, selection, agents.graph)
        specs = [spec for spec in plan(settings, chosen) if spec.cassette.exists()]
        return await _run(settings, agents, specs)


async def estimated(settings: Settings, selection: Selection, names: Sequence[str], *, ahead: bool = False) -> Estimate:
    """What recording, or running live, would ask and cost. What is recorded is replayed, to see what still fits.

    Nothing is asked. `ahead` when it is asked next in this process: a client that the application makes as it is
    imported is then made for that, with its key and address, since there is no other one later.
    """
    if ahead:
        with pipeline.environment(settings):
            pipeline.load_agents(settings)
    everything = settings.everything or settings.mode is Mode.LIVE
    settings = replace(settings, mode=Mode.REPLAY, endpoint=None, everything=everything)
    scenarios = pipeline.read_scenarios(settings, selection)
    with pipeline.environment(settings):
        sides = [pipeline.load_agents(settings, each) for each in pipeline.variants_named(settings, names)]
        chosen = pipeline.choose(settings, scenarios, selection, sides[0].graph)
        specs = plan(settings, chosen, tuple(each.name for each in sides))
        asked = [
            replace(spec, cassette=source)
            for spec in specs
            if (source := source_of(spec)) and not anew(spec, everything=settings.everything)
        ]
        trials = await run_all(asked, judging(settings, *sides), lambda _: False, settings.concurrency)
    known = inventory.names(_folder(settings)).values()
    return estimate(specs, {each.key: each for each in trials}, known, everything=settings.everything)


def pending(settings: Settings) -> tuple[Pending, ...]:
    """The new recordings that wait for a decision."""
    return review.waiting(_folder(settings))


async def reviewed(settings: Settings, names: Sequence[str] = ()) -> tuple[Review, ...]:
    """What the new recordings of these names (default: all that wait) mean, regressions first.

    Both sides are replayed with the agents of today and judged by the scenarios of today. The old side is forgiven
    agents that are defined otherwise, since that is why it was recorded anew. Raises UsageError for an unknown name.
    """
    settings = replace(settings, mode=Mode.REPLAY, max_age_days=0, strict=False)
    waiting, scenarios = named(settings, names), pipeline.read_scenarios(settings)
    found: list[Review] = []
    with pipeline.environment(settings):
        for variant in dict.fromkeys(_variant(settings, each, scenarios) for each in waiting):
            own = [each for each in waiting if _variant(settings, each, scenarios) == variant]
            found += await _held_against(settings, variant, own, scenarios)
    order = list(Shift)
    return tuple(sorted(found, key=lambda each: order.index(each.meaning.shift)))


def named(settings: Settings, names: Sequence[str]) -> tuple[Pending, ...]:
    """The new recordings of these names, by default all. Raises UsageError for a name that does not wait."""
    waiting = {each.name: each for each in pending(settings)}
    for name in names:
        if name not in waiting:
            hint = did_you_mean(name, waiting) or "nothing waits: harness record makes new recordings"
            raise UsageError(f"no new recording of {name!r} waits", where=str(_folder(settings)), hint=hint)
    return tuple(waiting[name] for name in (names or waiting))


def accept(settings: Settings, names: Sequence[str], reason: str = "") -> tuple[Decision, ...]:
    """Put the new recordings of these names in the place of the old ones. Raises UsageError in CI."""
    return _decided(settings, names, reason, review.accept)


def reject(settings: Settings, names: Sequence[str], reason: str = "") -> tuple[Decision, ...]:
    """Remove the new recordings of these names and keep the old ones. Raises UsageError in CI."""
    return _decided(settings, names, reason, review.reject)


def history(settings: Settings) -> tuple[Decision, ...]:
    """The decisions made so far, oldest first."""
    return tuple(review.history(_folder(settings)))


def _decided(
    settings: Settings, names: Sequence[str], reason: str, decide: Callable[[Path, str, str, str], Decision]
) -> tuple[Decision, ...]:
    refuse_decisions_in_ci()
    by, reason = hidden((author_of(settings.root), reason), patterns_of(settings.redact))
    found = [each.name for each in named(settings, names)]
    return tuple(decide(_folder(settings), name, by, reason) for name in found)


def refuse_decisions_in_ci() -> None:
    """Raise UsageError where nobody looks."""
    if in_ci():
        raise UsageError("in CI nothing is accepted or rejected", hint="decide where a person reads the difference")


async def _held_against(
    settings: Settings, variant: str | None, waiting: Sequence[Pending], scenarios: Sequence[Scenario]
) -> list[Review]:
    specs = {each: trial_of(_folder(settings), each.recorded, scenarios) for each in waiting}
    known = {each: spec for each, spec in specs.items() if spec is not None}
    found = [Review(pending=each, meaning=Meaning(shift=Shift.UNJUDGED)) for each in waiting if each not in known]
    (overlay,) = pipeline.variants_named(settings, (variant or pipeline.BASELINE,))
    agents = pipeline.load_agents(settings, overlay)
    conditions = conditions_of(settings, agents)
    forgiving = replace(conditions, tape=replace(conditions.tape, forgiving=True))
    recorded = [spec for spec in known.values() if spec.cassette.exists()]
    old = {each.key: each for each in await _run(settings, agents, recorded, forgiving)}
    new = await _run(settings, agents, [replace(spec, cassette=each.pending) for each, spec in known.items()])
    for (each, spec), after in zip(known.items(), new, strict=True):
        before = old.get(spec.key)
        found.append(Review(pending=each, meaning=meaning(before, after), before=before, after=after))
    return found


async def _run(
    settings: Settings, agents: Agents, specs: Sequence[TrialSpec], conditions: Conditions | None = None
) -> tuple[Trial, ...]:
    work = judging(settings, agents, conditions=conditions)
    return await run_all(specs, work, lambda _: False, settings.concurrency)


def _variant(settings: Settings, waiting: Pending, scenarios: Sequence[Scenario]) -> str | None:
    spec = trial_of(_folder(settings), waiting.recorded, scenarios)
    return spec.variant if spec is not None else None


def _named(settings: Settings, name: str) -> Path:
    folder = _folder(settings)
    known = inventory.names(folder)
    known |= {f"{each.name}.pending": each.pending for each in pending(settings)}
    given = Path(name)
    if name in known:
        return known[name]
    if given.is_file():
        return given
    raise UsageError(f"no recording is named {name!r}", where=str(folder), hint=did_you_mean(name, known))


def _folder(settings: Settings) -> Path:
    return settings.path(settings.cassettes)


def count(settings: Settings) -> int:
    """How many recordings there are."""
    return len(inventory.names(_folder(settings)))


def unused(trials: Sequence[Trial]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(path, what) of the recorded answers that trials which could be judged did not ask for."""
    uses = [trial.cassette for trial in trials if trial.cassette is not None and trial.error is None]
    return tuple((use.path, use.unused) for use in uses if use.unused)


async def same(settings: Settings) -> tuple[str, ...]:
    """The names of the new recordings that mean the same as the old ones."""
    return tuple(each.pending.name for each in await reviewed(settings) if each.meaning.shift is Shift.SAME)


def as_data(found: Review) -> dict[str, object]:
    """A review as plain data."""
    verdicts = {side: trial.verdict for side, trial in (("before", found.before), ("after", found.after)) if trial}
    return {"name": found.pending.name, **asdict(found.meaning), "verdicts": verdicts}
