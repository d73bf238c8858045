"""Evaluation and regression tests for multi-agent systems built on the OpenAI Agents SDK.

An application hands itself over as a `harness.System`; everything else is the `harness` command or the pytest plugin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.system.loading import System

__all__ = ["System"]


def __getattr__(name: str) -> Any:
    """`harness.System`, imported when it is asked for, so that the command line starts fast."""
    if name != "System":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from harness.system.loading import System  # noqa: PLC0415 - the point is to import it late

    return System
