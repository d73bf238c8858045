"""Where a recording comes from, and which agents it was made with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from harness.cassettes.bodies import header
from harness.core.graph import AgentGraph, AgentNode
from harness.core.results import Versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.cassettes.canonical import Canonical
    from harness.cassettes.store import Interaction
    from harness.core.trace import JSON

STAND_IN = "x-harness-stand-in"
"""The header of an answer that no real model gave."""

_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The agents and versions of this run; a recording keeps those of the run that made it."""

    graph: AgentGraph
    versions: Versions
    endpoint: str | None = None

    @classmethod
    def of(cls, graph: AgentGraph, versions: Versions, endpoint: str | None = None) -> Provenance:
        """The provenance of what is about to run."""
        return cls(graph=graph, versions=versions, endpoint=endpoint)

    def fingerprints(self) -> dict[str, dict[str, str]]:
        """For each agent and each part of it that reaches the model, a short digest."""
        return {node.ref.name: fingerprint(node) for node in self.graph.agents}


def fingerprint(node: AgentNode) -> dict[str, str]:
    """Digests of an agent's parts: a changed digest names the part that changed."""
    return {
        "instructions": digest(node.instructions),
        "tools": digest([asdict(tool) for tool in node.tools]),
        "handoffs": digest([asdict(handoff) for handoff in node.handoffs]),
        "model": digest(node.model),
        "settings": digest(node.settings),
        "output_type": digest(node.output_type),
    }


def changed_parts(
    recorded: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[str, ...]]:
    """Agent -> its parts that differ; an agent only one side has differs in `agent`."""
    changes: dict[str, tuple[str, ...]] = {}
    for name in sorted(recorded.keys() | now.keys()):
        before, after = recorded.get(name), now.get(name)
        if before is None or after is None:
            changes[name] = ("agent",)
            continue
        parts = tuple(part for part in before.keys() | after.keys() if before.get(part) != after.get(part))
        if parts:
            changes[name] = tuple(sorted(parts))
    return changes


def described(provenance: Provenance, kept: Sequence[tuple[Interaction, Canonical]]) -> dict[str, Any]:
    """What a recording says of itself: when, against what, by which models, with which versions and agents."""
    versions = provenance.versions
    calls = [(interaction, request) for interaction, request in kept if request.is_model_call]
    asked = {
        str(interaction.request.uri).partition("?")[0].removesuffix(request.kind) for interaction, request in calls
    }
    return {
        "recorded_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "endpoint": provenance.endpoint or next(iter(sorted(asked)), None),
        "models": sorted({str(request.body.get("model")) for _, request in calls if isinstance(request.body, dict)}),
        "stand_in": any(header(interaction.response["headers"], STAND_IN) for interaction, _ in kept),
        "harness": versions.harness,
        "sdk": versions.sdk,
        "openai": versions.openai,
        "vcrpy": versions.vcrpy,
        "agents": provenance.fingerprints(),
    }


def digest(value: JSON) -> str:
    """A short digest of plain data."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=_plain)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]


def _plain(value: Any) -> str:
    return str(value)
