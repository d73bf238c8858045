"""A comparison for people: on the terminal and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.comparison import CHANGE_WORDS, Change, best_of
from harness.reporting.clean import clean
from harness.reporting.columns import aligned
from harness.reporting.markdown import plain
from harness.reporting.numbers import duration, money, percent, plural, points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from harness.analysis.comparison import Comparison, EffortChange, ScenarioChange
    from harness.analysis.cost_changes import CostChange
    from harness.analysis.layer_changes import LayerChange

_NAMED = (
    Change.REGRESSED,
    Change.FIXED,
    Change.OTHER_PATH,
    Change.UNJUDGED,
    Change.CHANGED_EXPECTATION,
    Change.NEW,
    Change.REMOVED,
)
EFFORTS: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "tokens": ("tokens", lambda value: f"{value:,.0f}"),
    "cost_usd": ("cost at list price", money),
    "seconds": ("latency", duration),
}
"""What a trial took, with its name and how it is written."""

_DIFF_SHOWN = 40
_SCENARIOS_SHOWN = 20


def comparison_text(*comparisons: Comparison) -> str:
    """Everything, for a terminal; of several candidates also which did best."""
    blocks = ["\n".join(_text(each)) for each in comparisons]
    return clean("\n\n".join(filter(None, [*blocks, best_of(comparisons)])) + "\n")


def comparison_markdown(*comparisons: Comparison) -> str:
    """Everything, for a pull request."""
    blocks = ["\n".join(_markdown(each)) for each in comparisons]
    return "\n\n".join(filter(None, [*blocks, plain(best_of(comparisons))])) + "\n"


def _text(comparison: Comparison) -> Iterator[str]:
    yield f"{comparison.candidate} against {comparison.reference}"
    yield comparison.sentence
    yield ""
    yield from aligned([_HEADS, *(_cells(each) for each in comparison.layers)])
    for kind in _NAMED:
        found = comparison.of(kind)
        if found:
            yield f"{CHANGE_WORDS[kind]} ({len(found)})"
            yield from (f"  {_scenario(each)}" for each in found[:_SCENARIOS_SHOWN])
            yield from _rest(found)
    for agent in comparison.agents:
        yield f"{agent.agent} ({agent.layer}): {', '.join(agent.parts)} changed; moved: {_named(agent.scenarios)}"
        yield from (f"  {line}" for line in agent.diff[:_DIFF_SHOWN])
    yield from (_effort(each) for each in comparison.effort)
    yield from _costs(comparison)


def _markdown(comparison: Comparison) -> Iterator[str]:
    yield f"### {plain(comparison.candidate)} against {plain(comparison.reference)}"
    yield f"\n{plain(comparison.sentence)}\n"
    if comparison.layers:
        rows = [_HEADS, tuple("---" for _ in _HEADS), *(_cells(each) for each in comparison.layers)]
        yield from (f"| {' | '.join(row)} |" for row in rows)
    for kind in _NAMED:
        found = comparison.of(kind)
        if found:
            yield f"\n**{CHANGE_WORDS[kind]}** ({len(found)})\n"
            yield from (f"- {plain(_scenario(each))}" for each in found[:_SCENARIOS_SHOWN])
            yield from _rest(found)
    for agent in comparison.agents:
        what = f"{', '.join(agent.parts)} changed; moved: {_named(agent.scenarios)}"
        yield f"\n**{plain(agent.agent)}** ({agent.layer}): {plain(what)}"
        if agent.diff:
            yield from (
                "",
                "~~~~diff",
                *(clean(line).replace("~~~~", "~~~ ~") for line in agent.diff[:_DIFF_SHOWN]),
                "~~~~",
            )
    if comparison.effort:
        yield ""
        yield from (f"- {_effort(each)}" for each in comparison.effort)
        yield from (f"- {plain(each)}" for each in _costs(comparison))


_HEADS = ("metric", "before", "after", "change", "95% interval", "adjusted p", "scenarios", "test")


def _cells(layer: LayerChange) -> tuple[str, ...]:
    interval = layer.interval
    return (
        layer.label,
        f"{percent(layer.rate_before)} of {layer.before.total}",
        f"{percent(layer.rate_after)} of {layer.after.total}",
        points(layer.change) + (" (worse)" if layer.worse else ""),
        f"{interval.low * 100:+.1f} to {interval.high * 100:+.1f} ({interval.method})" if interval else "-",
        "-" if layer.adjusted_p is None else f"{layer.adjusted_p:.2g}",
        str(layer.scenarios),
        layer.test,
    )


def _scenario(change: ScenarioChange) -> str:
    before, after = (f"{each.passed}/{each.total}" for each in (change.before, change.after))
    where = f" [{change.layer or 'end to end'}: {change.agent}]" if change.agent else ""
    why = f": {change.why}" if change.why else ""
    aside = " (quarantined)" if change.quarantined else ""
    return f"{change.scenario} {before} -> {after}{aside}{where}{why}"


def effort_cells(change: EffortChange) -> tuple[str, str, str]:
    """Before, after, and the difference in percent."""
    write = EFFORTS[change.name][1]
    return write(change.before), write(change.after), f"{change.ratio - 1:+.0%}" if change.ratio is not None else ""


def _effort(change: EffortChange) -> str:
    before, after, ratio = effort_cells(change)
    over = plural(change.scenarios, "scenario")
    return f"{EFFORTS[change.name][0]} a trial: {before} -> {after}{f' ({ratio})' if ratio else ''}, over {over}"


def _costs(comparison: Comparison) -> Iterator[str]:
    """Where the money of a trial goes, layer by layer and agent by agent."""
    for part in ("layer", "agent"):
        told = [f"{each.name} {_cost(each)}" for each in comparison.costs if each.part == part]
        if told:
            yield f"cost by {part}: {', '.join(told)}"


def _cost(change: CostChange) -> str:
    same = change.before == change.after
    return money(change.after) if same else f"{money(change.before)} -> {money(change.after)}"


def _rest(found: Sequence[ScenarioChange]) -> Iterator[str]:
    if len(found) > _SCENARIOS_SHOWN:
        yield f"  +{len(found) - _SCENARIOS_SHOWN} more"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SCENARIOS_SHOWN} more" if len(names) > _SCENARIOS_SHOWN else ""
    return ", ".join(names[:_SCENARIOS_SHOWN]) + more or "none"
