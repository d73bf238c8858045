"""What this run sends and a recording hides: answers get it back, since tools need the value."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.cassettes.redaction import Patterns, placeholder


@dataclass(slots=True)
class Hidden:
    """The values that match the user's patterns, by the pattern's name."""

    patterns: Patterns
    _values: dict[str, set[str]] = field(default_factory=dict)

    def note(self, text: str) -> None:
        """Look for values in a request."""
        for name, pattern in self.patterns:
            self._values.setdefault(name, set()).update(match.group() for match in pattern.finditer(text))

    def put_back(self) -> dict[str, str]:
        """What stands hidden in the recording -> this run's value, where there is only one."""
        return {placeholder(name): next(iter(each)) for name, each in self._values.items() if len(each) == 1}
