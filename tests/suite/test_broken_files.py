"""Deliberately broken files: each block of `broken/*.txt` gives its messages at its lines, and no others.

A block begins with `=== message`; the text that follows is put into a scenario file at the place that the file's name
says. The line in question carries `# HERE`, or the header gives its number within the block, as `=== @2 message`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import Problem, ProblemsError, Severity
from harness.suite.check import check_suite
from harness.suite.loading import parse_suite

if TYPE_CHECKING:
    from harness.core.graph import AgentGraph

_FOLDER = Path(__file__).parent / "broken"
_HEADER = re.compile(r"=== (?:@(\d+) )?(.+)")
_BASE = {"id": "    id: broken", "user": "    user: Hello.", "expect": "    expect: {escalation: none}"}


@dataclass(frozen=True)
class Block:
    """One broken file: what is expected of it, as (line in the block or None, beginning of the message)."""

    place: str
    expected: tuple[tuple[int | None, str], ...]
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.place}: {self.expected[0][1]}"


def _blocks(name: str) -> list[Block]:
    blocks: list[Block] = []
    headers: list[tuple[int | None, str]] = []
    lines: list[str] = []
    for line in [*(_FOLDER / f"{name}.txt").read_text(encoding="utf-8").split("\n"), "=== end"]:
        match = _HEADER.fullmatch(line)
        if match is None:
            lines.append(line)
            continue
        if lines:
            blocks.append(Block(name.removeprefix("check_"), tuple(headers), tuple(lines)))
            headers, lines = [], []
        headers.append((int(match[1]) if match[1] else None, match[2]))
    return blocks


def _file(block: Block) -> tuple[str, int]:
    """The whole file, and how many lines stand before the block."""
    if block.place == "file":
        return "\n".join(block.lines), 0
    given = {line.split(":")[0] for line in block.lines} if block.place == "scenario" else {"expect"}
    given |= {"user"} if "conversation" in given else set()
    base = [line for key, line in _BASE.items() if key not in given]
    before = ["scenarios:", "  -", *base]
    indent = 4
    if block.place in ("expect", "calls"):
        before.append("    expect:")
        indent = 6
    if block.place == "calls":
        before.append("      tools:")
        indent = 8
    return "\n".join([*before, *(" " * indent + line for line in block.lines)]), len(before)


def _assert_found(block: Block, problems: tuple[Problem, ...]) -> None:
    _, before = _file(block)
    here = next((number for number, line in enumerate(block.lines, 1) if line.rstrip().endswith("# HERE")), None)
    shown = "\n".join(map(str, problems))
    assert len(problems) == len(block.expected), shown
    for (line, message), problem in zip(block.expected, problems, strict=True):
        assert problem.where is not None
        assert (problem.where.line, message in problem.message) == (before + (line or here or 0), True), shown


@pytest.mark.parametrize("block", [b for n in ("file", "scenario", "expect", "calls") for b in _blocks(n)], ids=str)
def test_a_file_that_cannot_be_read_is_refused_at_its_line(block: Block) -> None:
    with pytest.raises(ProblemsError) as raised:
        parse_suite(_file(block)[0], "broken.yaml")
    _assert_found(block, raised.value.problems)


_CHECKED = [b for n in ("check_file", "check_scenario", "check_expect", "check_calls") for b in _blocks(n)]


@pytest.mark.parametrize("block", _CHECKED, ids=str)
def test_a_scenario_that_does_not_fit_the_agents_is_refused_at_its_line(block: Block, graph: AgentGraph) -> None:
    scenarios = parse_suite(_file(block)[0], "broken.yaml")
    problems = check_suite(scenarios, graph)
    _assert_found(block, tuple(each for each in problems if each.severity is Severity.ERROR))


def test_there_are_two_hundred_of_them() -> None:
    names = [path.stem for path in _FOLDER.glob("*.txt")]
    assert sum(len(_blocks(name)) for name in names) >= 200
