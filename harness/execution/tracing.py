"""The SDK's tracing without its upload, which with a key set sends every run away from a background thread."""

from __future__ import annotations

from itertools import count

from agents.tracing import set_trace_provider
from agents.tracing.provider import DefaultTraceProvider


class _Provider(DefaultTraceProvider):
    """Numbers spans, which nobody outside this process sees: to draw an id by lot asks the system for each."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = count(1)

    def gen_span_id(self) -> str:
        """An id in the form that the SDK's own have."""
        return f"span_{next(self._numbers):024x}"


_providers: list[DefaultTraceProvider] = []


def switch_off_upload() -> None:
    """Give this process a trace provider that has no exporter, for good. Calling it again changes nothing.

    Spans are still made, so that code which asks for the current one works; processors that the application had
    added go with the provider that held them.
    """
    if not _providers:
        _providers.append(_Provider())
        set_trace_provider(_providers[0])
