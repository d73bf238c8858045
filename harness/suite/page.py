"""One file being read: where things are, and everything found wrong so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.core.scenario import Location
from harness.errors import Problem


@dataclass(frozen=True, slots=True)
class Page:
    """Collects the problems of one file, so that a reader can go on after the first."""

    file: str
    found: dict[Problem, None] = field(default_factory=dict)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was noted, in the order of lines; a text that is used twice (a YAML alias) is noted once."""
        return tuple(sorted(self.found, key=lambda problem: problem.where.line if problem.where else 0))

    def at(self, line: int) -> Location:
        """The place of a line, counted from 1."""
        return Location(file=self.file, line=line)

    def error(self, line: int, message: str, hint: str = "") -> None:
        """Note an error."""
        self.found[Problem(message=message, where=self.at(line), hint=hint)] = None
