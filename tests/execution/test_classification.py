"""Whose error it is."""

from __future__ import annotations

import httpx2
import openai
import pytest
from agents import MaxTurnsExceeded, ModelBehaviorError, UserError
from agents.exceptions import ModelRefusalError

from harness.core.trace import ErrorKind
from harness.errors import CassetteMissError
from harness.execution.classification import kind_of, run_error

REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1/responses")


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ModelBehaviorError("unknown tool"), ErrorKind.BEHAVIOUR),
        (MaxTurnsExceeded("10"), ErrorKind.BEHAVIOUR),
        (ModelRefusalError("no"), ErrorKind.BEHAVIOUR),
        (openai.APIConnectionError(request=REQUEST), ErrorKind.INFRASTRUCTURE),
        (openai.OpenAIError("no key"), ErrorKind.INFRASTRUCTURE),
        (httpx2.ConnectError("refused"), ErrorKind.INFRASTRUCTURE),
        (CassetteMissError("no such request"), ErrorKind.INFRASTRUCTURE),
        (ConnectionResetError(), ErrorKind.INFRASTRUCTURE),
        (ValueError("bug"), ErrorKind.APPLICATION),
        (UserError("misuse"), ErrorKind.APPLICATION),
        (caused(UserError("tool failed"), ValueError("bug")), ErrorKind.APPLICATION),
        (caused(UserError("tool failed"), CassetteMissError("miss")), ErrorKind.INFRASTRUCTURE),
        (caused(RuntimeError("wrapped"), httpx2.ReadTimeout("slow")), ErrorKind.INFRASTRUCTURE),
    ],
)
def test_errors_belong_to_the_model_the_application_or_what_they_stand_on(error: Exception, kind: ErrorKind) -> None:
    assert kind_of(error) is kind


def test_an_error_that_was_being_handled_counts_as_a_cause() -> None:
    def fail() -> None:
        try:
            raise openai.APIConnectionError(request=REQUEST)
        except openai.OpenAIError:
            raise ValueError("no luck")  # noqa: B904 - the implicit chain is what is looked at

    with pytest.raises(ValueError, match="no luck") as caught:
        fail()
    assert kind_of(caught.value) is ErrorKind.INFRASTRUCTURE


def test_a_circle_of_causes_ends() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert kind_of(first) is ErrorKind.APPLICATION


def test_addresses_are_left_out_of_messages() -> None:
    assert run_error(ValueError(f"bad {object()!r}")).message == "bad <object object at 0x...>"


def test_an_exception_that_cannot_be_shown_is_shown_as_that() -> None:
    class Mute(Exception):  # noqa: N818 - a name of an application's choosing
        def __str__(self) -> str:
            raise RuntimeError

    found = run_error(Mute())
    assert (found.type, found.message) == ("Mute", "<its text cannot be shown: RuntimeError>")
