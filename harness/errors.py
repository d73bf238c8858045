"""Every deliberate error of the harness, one tree. Each says what is wrong, where, and what would be right."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from harness.core.scenario import Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


class ExitCode(IntEnum):
    """Process exit codes; when several apply, 3, then 4, then 1."""

    FINE = 0
    WORSE = 1
    USAGE = 2
    INTERNAL = 3
    COULD_NOT_JUDGE = 4
    NOTHING_SELECTED = 5
    INTERRUPTED = 130


_GRAVEST_FIRST = (ExitCode.INTERNAL, ExitCode.COULD_NOT_JUDGE, ExitCode.WORSE)


def gravest(codes: Iterable[ExitCode]) -> ExitCode:
    """The one code of several runs."""
    found = set(codes)
    return next((each for each in _GRAVEST_FIRST if each in found), max(found, default=ExitCode.FINE))


class HarnessError(Exception):
    """Base of all deliberate errors: printed without a traceback."""

    exit_code = ExitCode.USAGE

    def __init__(self, what: str, *, where: Location | str | None = None, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where is not None else ""
        advice = f"\n  {self.hint}" if self.hint else ""
        return f"{place}{self.what}{advice}"


class UsageError(HarnessError):
    """A wrong option, argument or setting."""


class SystemLoadError(HarnessError):
    """The agents under test could not be loaded or are not what is expected."""


class RunFileError(HarnessError):
    """A saved run cannot be read."""


class ShardsError(HarnessError):
    """Shards that make no run."""

    exit_code = ExitCode.COULD_NOT_JUDGE


class NothingSelectedError(HarnessError):
    """The selection left no scenario."""

    exit_code = ExitCode.NOTHING_SELECTED


class CassetteError(HarnessError):
    """A recording cannot answer: the trial could not be judged."""

    exit_code = ExitCode.COULD_NOT_JUDGE


class CassetteMissingError(CassetteError):
    """There is no recording for this trial."""


class CassetteCorruptError(CassetteError):
    """The recording's file cannot be read as a cassette; it is left untouched."""


class CassetteMissError(CassetteError):
    """A request has no counterpart in the recording."""


class CassetteStaleError(CassetteError):
    """The agents changed since the recording in a way that reaches the model."""


class EgressBlockedError(CassetteError):
    """Something tried to leave the machine during replay."""


class UnansweredError(CassetteError):
    """A request got no answer while it was recorded: there is nothing to replay, and nothing was written."""


class SecretFoundError(CassetteError):
    """A secret would have been written to disk; nothing was written."""


class TrialTimeoutError(HarnessError):
    """A trial took longer than it may."""

    exit_code = ExitCode.COULD_NOT_JUDGE


class JudgeError(HarnessError):
    """The judge model's answer cannot be used."""

    exit_code = ExitCode.COULD_NOT_JUDGE


class Severity(StrEnum):
    """An error stops a run, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding of a check."""

    message: str
    where: Location | None = None
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"\n  {self.hint}" if self.hint else ""
        return f"{place}{self.severity}: {self.message}{advice}"


class ProblemsError(HarnessError):
    """Several problems at once; none of them is hidden behind another."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = sum(problem.severity is Severity.ERROR for problem in problems)
        super().__init__(f"{count} error{'s' if count != 1 else ''} in the suite")

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def seen_from(path: Path, root: Path) -> str:
    """How a file is named where people read it: as seen from `root`, the project's folder, when it lies in there."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


_NAMES_SHOWN = 12


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint naming the nearest known name, or all of them when they are few; empty when nothing helps."""
    names = list(dict.fromkeys(known))
    folded = {each.lower(): each for each in names}
    near = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    if near:
        return f"did you mean {folded[near[0]]!r}?"
    if not names:
        return ""
    shown = ", ".join(repr(each) for each in names[:_NAMES_SHOWN])
    return f"known: {shown}{', ...' if len(names) > _NAMES_SHOWN else ''}"
