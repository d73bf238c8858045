from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.cassettes.provenance import Provenance
from harness.core.graph import AgentGraph, AgentNode, ToolNode
from harness.core.results import Versions
from harness.core.trace import AgentRef, Layer
from harness.standin.server import running

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTRUCTIONS = "You help.\nBe brief."


@pytest.fixture
def provenance() -> Provenance:
    node = AgentNode(
        ref=AgentRef(name="Desk", layer=Layer.TRIAGE), instructions=INSTRUCTIONS, tools=(ToolNode(name="find"),)
    )
    return Provenance.of(AgentGraph(entry="Desk", agents=(node,)), Versions(harness="1", sdk="2"))


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    with running(latency=0.01) as url:
        yield url
