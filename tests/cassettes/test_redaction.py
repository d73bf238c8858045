from __future__ import annotations

import base64
import gzip
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cassettes.detection import refuse_secrets
from harness.cassettes.redaction import patterns_of, redacted
from harness.errors import SecretFoundError, UsageError

KEY = "sk-proj-" + "Ab3" * 12
SHAPES = [
    KEY,
    "AKIA" + "ABCDEFGH12345678",
    "ghp_" + "a1B2" * 9,
    "https://user:secretpassword@example.com/",
    "-----BEGIN RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("secret", SHAPES)
def test_a_well_known_shape_stops_the_write(secret: str) -> None:
    with pytest.raises(SecretFoundError) as caught:
        refuse_secrets(f'{{"output": "the value is {secret} here"}}', "cassettes/x.yaml")
    assert "cassettes/x.yaml" in str(caught.value)
    assert secret not in str(caught.value)


def test_a_secret_inside_base64_and_gzip_is_found() -> None:
    for raw in (KEY.encode(), gzip.compress(f"the key is {KEY} indeed".encode())):
        with pytest.raises(SecretFoundError):
            refuse_secrets(base64.b64encode(raw).decode(), "x")


def test_a_value_of_the_environment_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_API_TOKEN", "plain words that are secret")
    with pytest.raises(SecretFoundError, match="the value of SHOP_API_TOKEN"):
        refuse_secrets("so plain words that are secret went out", "x")


def test_harmless_text_passes() -> None:
    refuse_secrets('{"customer_id": "C-1042", "id": "resp_900278607ecdc6fd03a54c5af090a784"}', "x")


def test_a_users_pattern_hides_what_it_matches() -> None:
    patterns = patterns_of({"card": r"\d{4}-\d{4}"})
    assert redacted("pay with 1234-5678", patterns) == "pay with <card>"


def test_a_broken_pattern_is_named() -> None:
    with pytest.raises(UsageError, match="card"):
        patterns_of({"card": "("})


@given(st.text(), st.text())
def test_redacting_twice_changes_nothing_more(before: str, after: str) -> None:
    patterns = patterns_of({"id": r"\d+"})
    once = redacted(f"{before}12345{after}", patterns)
    assert redacted(once, patterns) == once
    assert not re.search(r"\d", once.replace("<id>", "")) or not once.isascii()
