"""Why a trial could not be judged, in the words of whoever knows it best."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from harness.core.results import TrialError
from harness.core.trace import ErrorKind, runs_of
from harness.errors import HarnessError, SystemLoadError
from harness.execution.classification import kind_of, steady

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.core.trace import Trace


class NotJudgedError(Exception):
    """Stops a trial that cannot be judged any more; the reason is in its tape or in its trace."""


def why_not_judged(problems: Iterable[HarnessError], caught: BaseException | None, trace: Trace) -> TrialError | None:
    """What keeps a trial from being judged, None when nothing does.

    The tape knows causes where others see consequences, so its first problem comes first; then what broke the trial
    off; then what broke any run in it, since the SDK makes polite tool outputs of what goes wrong inside a helper.
    """
    for problem in problems:
        return _told(problem)
    if caught is not None and not isinstance(caught, NotJudgedError):
        return _error_of(caught)
    for run in runs_of(trace):
        if run.error is not None and run.error.kind is not ErrorKind.BEHAVIOUR:
            message = f"{run.agent.name}: {run.error.message}"
            return TrialError(kind=run.error.kind, type=run.error.type, message=message)
    return None


def _error_of(caught: BaseException) -> TrialError:
    """An exception as data. The traceback is kept where the error is not a deliberate one of ours."""
    if isinstance(caught, HarnessError):
        return _told(caught)
    return TrialError(
        kind=kind_of(caught),
        type=type(caught).__name__,
        message=steady(str(caught)),
        traceback="".join(traceback.format_exception(caught)),
    )


def _told(error: HarnessError) -> TrialError:
    """A deliberate error; one with a cause outside the harness keeps the cause's traceback."""
    place = f"{error.where}: " if error.where is not None else ""
    cause = error.__cause__
    return TrialError(
        kind=ErrorKind.APPLICATION if isinstance(error, SystemLoadError) else ErrorKind.INFRASTRUCTURE,
        type=type(error).__name__,
        message=place + error.what,
        hint=error.hint,
        traceback="".join(traceback.format_exception(cause)) if cause is not None else "",
    )
