"""Which scenarios are meant: by file, folder, id, keyword, tag or layer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.trace import Layer
from harness.errors import NothingSelectedError, UsageError, did_you_mean
from harness.suite.keyword import keyword as parse_keyword

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from harness.core.graph import AgentGraph
    from harness.core.scenario import Scenario

_BETWEEN = "::"


def select(
    scenarios: Sequence[Scenario],
    what: Iterable[str | Path] = (),
    *,
    keyword: str | None = None,
    tags: Iterable[str] = (),
    layer: Layer | str | None = None,
    graph: AgentGraph | None = None,
    root: Path | None = None,
) -> tuple[Scenario, ...]:
    """The scenarios that every filter lets through, in the order of the suite.

    `what` are ids, files, folders, or `file::id`; of several, each adds. A scenario needs one of `tags`. `layer`
    needs the graph. Files are looked for from the current folder; places in scenarios are relative to `root`. Raises
    NothingSelectedError when nothing is left, or when one of `what` or `tags` is nowhere in the suite.
    """
    chosen = _of_places(scenarios, [str(each) for each in what], root or Path.cwd())
    wanted = tuple(tags)
    _refuse_unknown_tags(scenarios, wanted)
    holds = parse_keyword(keyword) if keyword is not None else None
    left = tuple(
        each
        for each in chosen
        if (not wanted or set(wanted) & set(each.tags))
        and (holds is None or holds((each.id, *each.tags)))
        and (layer is None or layer_of(each, graph) == layer)
    )
    if not left:
        raise NothingSelectedError(_asked(len(chosen), keyword, wanted, layer), hint=_near_keyword(chosen, keyword))
    return left


def places(scenarios: Sequence[Scenario], what: Sequence[str], root: Path) -> Callable[[str], bool]:
    """Whether a file of the suite was asked for by `what`: itself, its folder, or a scenario in it.

    Raises NothingSelectedError when one of `what` is neither a file or folder nor a scenario.
    """
    if not what:
        return lambda _: True
    paths = {each: Path(each.partition(_BETWEEN)[0]) for each in what}
    asked = {path.resolve() for path in paths.values() if path.exists()}
    names = [each for each, path in paths.items() if not path.exists()]
    if names:
        asked |= {(root / each.location.file).resolve() for each in select(scenarios, names, root=root)}

    def contains(file: str) -> bool:
        full = (root / file).resolve()
        return full in asked or not asked.isdisjoint(full.parents)

    return contains


def among(scenarios: Sequence[Scenario], ids: Collection[str], reason: str) -> tuple[Scenario, ...]:
    """The scenarios with these ids (those that failed last, say). Raises NothingSelectedError naming the reason."""
    left = tuple(each for each in scenarios if each.id in ids)
    if not left:
        raise NothingSelectedError(f"none of {len(scenarios)} scenarios is {reason}")
    return left


def layer_of(scenario: Scenario, graph: AgentGraph | None) -> Layer:
    """The layer a scenario tests: what it says, else that of the agent it starts at.

    Raises UsageError when only the graph could tell and there is none, or it does not know the agent.
    """
    if scenario.layer is not None:
        return scenario.layer
    if graph is None:
        if scenario.agent is None:
            return Layer.TRIAGE
        raise UsageError(f"the layer of {scenario.id!r} cannot be told without the agents", hint="name the system")
    node = graph.agent(scenario.agent or graph.entry)
    if node is None:
        hint = did_you_mean(scenario.agent or graph.entry, graph.names())
        raise UsageError(f"no agent is named {scenario.agent!r}", where=scenario.location, hint=hint)
    return node.ref.layer


def _of_places(scenarios: Sequence[Scenario], what: Sequence[str], root: Path) -> tuple[Scenario, ...]:
    if not what:
        if not scenarios:
            raise NothingSelectedError("there are no scenarios", hint="write the first, or point --scenarios at them")
        return tuple(scenarios)
    files = {file: (root / file).resolve() for file in {each.location.file for each in scenarios}}
    chosen: set[str] = set()
    for each in what:
        found = _matching(scenarios, each, files)
        if not found:
            raise NothingSelectedError(f"no scenario, file or folder is {each!r}", hint=_near(scenarios, each))
        chosen |= found
    return tuple(each for each in scenarios if each.id in chosen)


def _matching(scenarios: Sequence[Scenario], text: str, files: dict[str, Path]) -> set[str]:
    place, between, name = text.rpartition(_BETWEEN)
    by_id = {each.id for each in scenarios if each.id == name}
    if not between and by_id:
        return by_id
    path = Path(place if between else text).resolve()
    inside = {file for file, full in files.items() if full == path or path in full.parents}
    return {each.id for each in scenarios if each.location.file in inside and (not between or each.id == name)}


def _near(scenarios: Sequence[Scenario], text: str) -> str:
    name = text.rpartition(_BETWEEN)[2]
    files = dict.fromkeys(each.location.file for each in scenarios)
    return did_you_mean(name, [*(each.id for each in scenarios), *files])


def _refuse_unknown_tags(scenarios: Sequence[Scenario], wanted: Sequence[str]) -> None:
    known = dict.fromkeys(tag for each in scenarios for tag in each.tags)
    for tag in wanted:
        if tag not in known:
            raise NothingSelectedError(f"no scenario has the tag {tag!r}", hint=did_you_mean(tag, known))


def _asked(count: int, keyword: str | None, tags: Sequence[str], layer: Layer | str | None) -> str:
    asked = [f"-k {keyword!r}"] if keyword is not None else []
    asked += [f"--tag {tag}" for tag in tags]
    asked += [f"--layer {layer}"] if layer is not None else []
    return f"none of {count} scenarios fits {' '.join(asked)}"


def _near_keyword(scenarios: Sequence[Scenario], keyword: str | None) -> str:
    if not keyword or " " in keyword.strip():
        return ""
    return did_you_mean(
        keyword.strip(), [*(each.id for each in scenarios), *(tag for each in scenarios for tag in each.tags)]
    )
