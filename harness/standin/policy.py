"""What to answer when no script decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.standin.reply import Reply

if TYPE_CHECKING:
    from harness.standin.request import Request


def decide(request: Request) -> Reply:
    """The answer to a request, from the request alone."""
    del request
    return Reply(text="How can I help you?")
