from __future__ import annotations

import base64
import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cassettes.detection import secret_in, without_secrets
from harness.cassettes.hiding import hidden
from harness.cassettes.redaction import patterns_of
from harness.core.scenario import Location, Scenario, Turn

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "sk-proj-" + "Ab3" * 12
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{'q' * 64}\n-----END RSA PRIVATE KEY-----"
WRITTEN: dict[str, Callable[[str], str]] = {
    "clear": str,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "compressed": lambda text: base64.b64encode(gzip.compress(text.encode())).decode(),
    "twice": lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
    "lines": lambda text: base64.encodebytes((text * 4).encode()).decode(),
    "stream": lambda text: "".join(f'data: {{"delta": "{each}"}}\n\n' for each in text),
    "address": lambda text: text.replace("-", "%2D"),
}


def _scenario(said: str) -> Scenario:
    return Scenario(
        id="case-1234", location=Location(file="x.yaml"), conversation=(Turn(user=said),), context={"k": said}
    )


@pytest.mark.parametrize("written", WRITTEN)
def test_a_secret_is_taken_out_however_it_is_written(written: str) -> None:
    found = hidden(_scenario(f"take {WRITTEN[written](KEY)} please"))
    [turn] = found.conversation
    assert secret_in(turn.user) == ""
    assert KEY not in str(found)
    assert WRITTEN[written](KEY)[:40] not in str(found)


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from([KEY, PEM, "AKIA" + "ABCDEFGH12345678"]))
def test_no_text_around_it_saves_a_secret(before: str, after: str, secret: str) -> None:
    text = f"{before} {secret} {after}"
    kept = without_secrets(text)
    assert secret not in kept
    assert secret_in(kept) == ""
    assert without_secrets(kept) == kept


def test_a_whole_private_key_goes_not_its_first_line() -> None:
    assert without_secrets(f"here: {PEM}!") == "here: <secret>!"


def test_what_was_sent_is_hidden_by_its_value() -> None:
    [turn] = hidden(_scenario("of org-acme-and-sons"), sent={"org-acme-and-sons"}).conversation
    assert turn.user == "of <secret>"


def test_data_without_secrets_comes_back_as_it_is() -> None:
    scenario = _scenario("nothing to see")
    assert hidden(scenario) is scenario


def test_a_users_pattern_spares_what_others_refer_to() -> None:
    scenario = _scenario("card 1234")
    found = hidden(scenario, patterns_of({"digits": r"\d{4}"}))
    assert found == replace(scenario, conversation=(Turn(user="card <digits>"),), context={"k": "card <digits>"})
