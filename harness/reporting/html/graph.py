"""The agents as a picture: triage, specialists, helpers and people, with how often each edge was taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from harness.core.results import Trial, Verdict
from harness.core.trace import AgentRef, CallStatus, Handoff, Layer, Step, ToolCall, runs_of
from harness.reporting.html.facets import Facets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.core.graph import AgentGraph
    from harness.core.results import Run

_NODE_WIDTH, _NODE_HEIGHT = 176, 36
_COLUMN_STEP, _ROW_STEP = 262, 54
_MARGIN = 8
_THINNEST, _THICKEST = 1.5, 7.0
_BACK_SHIFT = 9
_LOOP = 46
_LABEL_PLACES = (0.7, 0.58, 0.46, 0.82, 0.34, 0.22)
"""Where labels may stand between the left end of an edge and its right end, where edges lie further apart."""
_LETTER, _LINE = 7.5, 14
"""Width of a digit and height of a line of a label."""

_Point = tuple[float, float]
_Curve = tuple[_Point, _Point, _Point, _Point]
_Place = tuple[float, float, float]
"""Where the middle of a label is, and how wide it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphNode:
    """A box. `column` is 0 for triage, 1 for specialists, 2 for helpers and people."""

    name: str
    layer: str
    human: bool
    x: float
    y: float
    width: float = _NODE_WIDTH
    height: float = _NODE_HEIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphEdge:
    """A line. `wrong` of `count` were held against the agents; one never exercised has count 0."""

    source: str
    target: str
    what: str
    count: int
    wrong: int
    path: str
    width: float
    label_x: float
    label_y: float
    facet: str
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything to draw."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    width: float
    height: float


@dataclass(slots=True)
class _Taken:
    """How often an edge was taken, and in which scenarios."""

    count: int
    wrong: int
    scenarios: dict[str, None]


_Key = tuple[str, str, str]
"""Source, target, and the tool that leads there (`handoff` for handoffs)."""


def picture(run: Run, facets: Facets) -> Picture:
    """Lay the graph out and count what happened on it, the edges nobody declared included."""
    taken = _taken(run)
    declared = tuple(_declared(run.graph))
    keys = [*declared, *(key for key in taken if key not in declared)]
    boxes = _boxes(run.graph, [name for key in keys for name in key[:2]])
    most = max((each.count for each in taken.values()), default=1)
    labels: list[_Place] = []
    edges = tuple(
        _edge(key, taken.get(key), _Drawing(boxes, most, facets, labels), known=key in declared) for key in keys
    )
    bottom = max((node.y + node.height for node in boxes.values()), default=0) + _MARGIN
    return Picture(
        nodes=tuple(boxes.values()), edges=edges, width=2 * _COLUMN_STEP + _NODE_WIDTH + 2 * _MARGIN, height=bottom
    )


def _declared(graph: AgentGraph) -> Iterator[_Key]:
    for node in graph.agents:
        for handoff in node.handoffs:
            yield node.ref.name, handoff.target, "handoff"
        for tool in node.tools:
            if tool.helper:
                yield node.ref.name, tool.helper, tool.name


def _taken(run: Run) -> Mapping[_Key, _Taken]:
    found: dict[_Key, _Taken] = defaultdict(lambda: _Taken(0, 0, {}))
    for trial in run.trials:
        faulty = _faulty_steps(trial)
        for inner in runs_of(trial.trace):
            for step in inner.steps:
                key = _key(step)
                if key:
                    edge = found[key]
                    edge.count += 1
                    edge.wrong += step.id in faulty
                    edge.scenarios[trial.scenario] = None
    return found


def _faulty_steps(trial: Trial) -> set[str]:
    failed = [score for score in trial.scores if score.verdict is Verdict.FAILED and not score.advisory]
    rows = [row for score in failed if score.alignment for row in score.alignment.rows]
    wrong = {row.step for row in rows if row.step and row.fit.value != "matched" and not row.optional}
    return wrong | {score.step for score in failed if score.step}


def _key(step: Step) -> _Key | None:
    if isinstance(step, Handoff) and step.target is not None and step.status is CallStatus.OK:
        return step.owner.name, step.target.name, "handoff"
    if isinstance(step, ToolCall) and step.helper is not None and step.status is not CallStatus.NEVER_RAN:
        return step.owner.name, step.helper.name, step.tool
    return None


def _boxes(graph: AgentGraph, mentioned: Iterable[str]) -> dict[str, GraphNode]:
    agents = {node.ref.name: node.ref for node in graph.agents}
    agents |= {name: AgentRef(name=name, layer=Layer.HELPER) for name in mentioned if name not in agents}
    columns: list[list[AgentRef]] = [[], [], []]
    for agent in agents.values():
        columns[_column(agent)].append(agent)
    columns[2].sort(key=lambda agent: agent.human)
    tallest = max(len(column) for column in columns)
    return {
        agent.name: _box(agent, place, column, (tallest - len(listed)) / 2)
        for column, listed in enumerate(columns)
        for place, agent in enumerate(listed)
    }


def _column(agent: AgentRef) -> int:
    if agent.human or agent.layer is Layer.HELPER:
        return 2
    return 0 if agent.layer is Layer.TRIAGE else 1


def _box(agent: AgentRef, place: int, column: int, lead: float) -> GraphNode:
    return GraphNode(
        name=agent.name,
        layer="human" if agent.human else agent.layer.value,
        human=agent.human,
        x=_MARGIN + column * _COLUMN_STEP,
        y=_MARGIN + (place + lead) * _ROW_STEP,
    )


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What edges share: boxes, the greatest count, facets, and where labels stand already."""

    boxes: Mapping[str, GraphNode]
    most: int
    facets: Facets
    labels: list[_Place]


def _edge(key: _Key, taken: _Taken | None, drawing: _Drawing, *, known: bool) -> GraphEdge:
    count, wrong = (taken.count, taken.wrong) if taken else (0, 0)
    curve = _curve(drawing.boxes[key[0]], drawing.boxes[key[1]])
    label_x, label_y = _label(curve, _written(count, wrong), drawing.labels) if count else curve[0]
    label = f"{key[0]} → {key[1]}" + ("" if key[2] == "handoff" else f" ({key[2]})")
    return GraphEdge(
        source=key[0],
        target=key[1],
        what=key[2],
        count=count,
        wrong=wrong,
        path=_path(curve),
        width=round(_THINNEST + (_THICKEST - _THINNEST) * sqrt(count / drawing.most), 1),
        label_x=label_x,
        label_y=label_y,
        facet=drawing.facets.add(label, taken.scenarios) if taken else "",
        known=known,
    )


def _curve(source: GraphNode, target: GraphNode) -> _Curve:
    """From box to box; lines back run a little lower, so that both are seen. In one column, around the right side."""
    middles = source.y + source.height / 2, target.y + target.height / 2
    if target.x == source.x:
        right, out = source.x + source.width, source.x + source.width + _LOOP
        return (right, middles[0]), (out, middles[0]), (out, middles[1]), (right, middles[1])
    forward = target.x > source.x
    shift = -_BACK_SHIFT if forward else _BACK_SHIFT
    begin = source.x + source.width if forward else source.x, middles[0] + shift
    end = target.x if forward else target.x + target.width, middles[1] + shift
    middle = (begin[0] + end[0]) / 2
    return begin, (middle, begin[1]), (middle, end[1]), end


def _path(curve: _Curve) -> str:
    start, *rest = (f"{x:.0f} {y:.0f}" for x, y in curve)
    return f"M{start}C{' '.join(rest)}"


def _written(count: int, wrong: int) -> float:
    """How wide the label of these numbers is."""
    return _LETTER * (len(f"{count:,}") + (len(f"{wrong:,}") + 2 if wrong else 0) + 1)


def _label(curve: _Curve, width: float, taken: list[_Place]) -> _Point:
    """A place on the curve where no other label stands yet."""
    left, right = sorted((curve[0][0], curve[3][0]))
    along = [_point(curve, t if curve[0][0] <= curve[3][0] else 1 - t) for t in _LABEL_PLACES]
    places = [each for each in along if left <= each[0] - width / 2 and each[0] + width / 2 <= right] or along
    free = (
        each
        for each in places
        if all(abs(each[0] - x) > (width + wide) / 2 or abs(each[1] - y) > _LINE for x, y, wide in taken)
    )
    chosen = next(free, places[0])
    taken.append((*chosen, width))
    return chosen


def _point(points: _Curve, t: float) -> _Point:
    """A point of a cubic Bezier curve, `t` in 0..1."""
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    x, y = (sum(weight * point[axis] for weight, point in zip(weights, points, strict=True)) for axis in (0, 1))
    return round(x, 1), round(y, 1)
