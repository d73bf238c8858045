"""The SDK's tracing without its upload, which with a key set sends every run away from a background thread."""

from __future__ import annotations

from agents.tracing import set_trace_provider
from agents.tracing.provider import DefaultTraceProvider

_providers: list[DefaultTraceProvider] = []


def switch_off_upload() -> None:
    """Give this process a trace provider that has no exporter, for good. Calling it again changes nothing.

    Spans are still made, so that code which asks for the current one works; processors that the application had
    added go with the provider that held them.
    """
    if not _providers:
        _providers.append(DefaultTraceProvider())
        set_trace_provider(_providers[0])
