from __future__ import annotations

import base64
import gzip
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse, Response

from harness.cassettes.detection import refuse_secrets, secret_in, without_secrets
from harness.cassettes.redaction import patterns_of, redacted, secret_values
from harness.cassettes.replay import client
from harness.cassettes.router import playing
from harness.core.results import Mode
from harness.errors import SecretFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from harness.cassettes.provenance import Provenance

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


@pytest.mark.parametrize("name", ["SHOP_PASSWD", "DB_PASS", "OPENAI_API_KEY_2"])
def test_a_short_value_of_the_environment_is_found_unless_it_is_a_word(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "customer")
    assert secret_in("the customer asked") == ""
    monkeypatch.setenv(name, "hunter-2")
    assert without_secrets("so hunter-2 it is") == "so <secret> it is"


def _streamed(secret: str) -> str:
    return "".join(f"data: {json.dumps({'delta': each})}\n\n" for each in secret)


@pytest.mark.parametrize(
    "written",
    [
        json.dumps,
        lambda secret: json.dumps(secret, ensure_ascii=False),
        lambda secret: json.dumps({"output": json.dumps({"key": secret})}),
        lambda secret: json.dumps(secret).replace("/", "\\/"),
        lambda secret: "".join(f"\\u{ord(each):04X}" for each in secret),
        repr,
        _streamed,
        lambda secret: base64.b64encode(json.dumps(secret).encode()).decode(),
    ],
)
def test_a_secret_is_found_however_it_is_escaped(
    monkeypatch: pytest.MonkeyPatch, written: Callable[[str], str]
) -> None:
    odd = 'pa"ss\\wörd/of\nthe shop'
    monkeypatch.setenv("SHOP_PASSWORD", odd)
    assert secret_in(f"so {written(odd)} went out") == "the value of SHOP_PASSWORD"
    assert "shop" not in without_secrets(written(odd))


def test_a_picture_in_base64_is_read_through_and_what_stands_behind_it_is_found() -> None:
    picture = base64.b64encode(bytes(range(256)) * 4_000).decode()
    assert secret_in(f"data:image/png;base64,{picture}") == ""
    assert secret_in(f"data:image/png;base64,{picture} sk-proj-{'Ab1' * 16}")


async def test_a_secret_that_a_model_streams_in_pieces_is_not_recorded(
    tmp_path: Path,
    provenance: Provenance,
    serving: Callable[..., AbstractContextManager[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    odd = 'pa"ss\\wörd of the shop'
    monkeypatch.setenv("SHOP_PASSWORD", odd)

    def pieces(_: object) -> Response:
        events = [{"type": "response.output_text.delta", "delta": each} for each in ("It is ", *odd, ".")]
        told = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events)
        return PlainTextResponse(told, media_type="text/event-stream")

    path = tmp_path / "x.yaml"
    with serving(pieces) as model, playing(path, Mode.RECORD, provenance) as tape:
        async with client(tape, model.url, "no-key") as api:
            stream = await api.responses.create(model="m", input="hello", stream=True)
            said = "".join([each.delta async for each in stream if each.type == "response.output_text.delta"])
    assert odd in said
    [problem] = tape.problems
    assert "the answer's body: the value of SHOP_PASSWORD would have been written" in str(problem)
    assert tape.saved is None


def test_a_key_that_follows_an_escaped_end_of_line_is_found() -> None:
    assert secret_in(json.dumps(f"the key is\n{KEY}")) == "what looks like an API key"


@given(st.text())
def test_any_escapes_can_be_read(text: str) -> None:
    assert isinstance(secret_in(text.replace("a", "\\ud83d").replace("b", "\\")), str)


def test_the_password_of_an_address_is_known_to_have_been_sent() -> None:
    basic = base64.b64encode(b"shop:correct horse").decode()
    assert "correct horse" in set(secret_values({"Authorization": f"Basic {basic}"}))


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
