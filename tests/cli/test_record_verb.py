from __future__ import annotations

import difflib
import http.server
import json
import re
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from harness.standin.server import running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Result

    Harness = Callable[..., Result]

ANSWER = {
    "id": "resp_1",
    "object": "response",
    "model": "gpt-4o",
    "status": "completed",
    "output": [
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "This is off topic.", "annotations": []}],
        }
    ],
    "usage": {"input_tokens": 100_000, "output_tokens": 10_000, "total_tokens": 110_000},
}


class _Model(http.server.BaseHTTPRequestHandler):
    """A model that is paid for; it answers always the same."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def paid(serving: Callable[[type[http.server.BaseHTTPRequestHandler]], str]) -> str:
    return f"{serving(_Model)}/v1"


@pytest.fixture
def priced(harness: Harness, bakery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recordings of a model whose price is known."""
    monkeypatch.setenv("OPENAI_DEFAULT_MODEL", "gpt-4o")
    shutil.rmtree(bakery / "cassettes")
    assert harness("record", "--script", "script.yaml", "-q").exit_code == 0


def _names(folder: Path, pattern: str = "*.yaml") -> list[str]:
    return sorted(each.name.partition(".")[0] for each in (folder / "cassettes").glob(pattern))


def test_what_is_recorded_and_fits_is_not_asked_again(harness: Harness, bakery: Path) -> None:
    told = harness("record", "--script", "script.yaml")
    assert "0 live calls" in told.stderr or "all 4" in told.stderr
    assert _names(bakery, "*.pending.yaml") == []


def test_stale_leaves_out_what_has_no_recording(harness: Harness, bakery: Path) -> None:
    (bakery / "cassettes" / "cancel-a-cake.yaml").unlink()
    harness("record", "--stale", "--script", "script.yaml")
    assert "cancel-a-cake" not in _names(bakery)
    harness("record", "--script", "script.yaml")
    assert "cancel-a-cake" in _names(bakery)


def test_all_records_everything_anew_but_what_waits_already(harness: Harness, bakery: Path) -> None:
    harness("record", "--all", "cancel-a-cake", "--script", "script.yaml", "-q")
    waiting = bakery / "cassettes" / "cancel-a-cake.pending.yaml"
    before = waiting.stat().st_mtime_ns
    harness("record", "--all", "--script", "script.yaml", "-q")
    assert len(_names(bakery, "*.pending.yaml")) == 4
    assert waiting.stat().st_mtime_ns == before


def test_estimate_says_what_it_would_take_and_asks_nothing(harness: Harness, bakery: Path) -> None:
    assert harness("record", "--estimate").stdout == "nothing to record: all 4 trials are recorded and fit\n"
    told = harness("record", "--all", "--estimate").stdout
    assert re.fullmatch(r"would record 4 of 4 trials: about 14 model calls, about \$0\.0\d+ at list price\n", told)
    (bakery / "cassettes" / "price-of-bread.yaml").unlink()
    told = harness("record", "--estimate").stdout
    assert "would record 1 of 4 trials: about 3 model calls" in told
    assert "1 trial without a recording taken for the mean of those recorded" in told
    data = json.loads(harness("record", "--estimate", "--json").stdout)
    assert (data["planned"], data["trials"], data["guessed"], data["calls"]) == (4, 1, 1, 3)
    assert not (bakery / "cassettes" / "price-of-bread.yaml").exists()
    assert "which cost nothing at the stand-in" in harness("record", "--estimate", "--standin").stdout


def test_what_a_recording_takes_is_said_before_it_is_made(harness: Harness, bakery: Path) -> None:
    told = harness("record", "--all", "--script", "script.yaml").stderr.splitlines()
    assert told[0].startswith("would record 4 of 4 trials: about ")
    assert "would record" not in harness("record", "--all", "--script", "script.yaml", "-q").stderr


OWN_CLIENT = """
from agents import Agent, OpenAIResponsesModel
from openai import AsyncOpenAI

model = OpenAIResponsesModel("gpt-4o", AsyncOpenAI())
desk = Agent(name="Desk", instructions="You are the desk.", model=model)
"""


@pytest.mark.parametrize("verb", [("record",), ("run", "--mode", "live")])
def test_a_client_made_at_import_is_made_for_what_is_asked_after_the_estimate(
    harness: Harness, bakery: Path, paid: str, monkeypatch: pytest.MonkeyPatch, verb: tuple[str, ...]
) -> None:
    (bakery / "own_client.py").write_text(OWN_CLIENT, encoding="utf-8")
    monkeypatch.delitem(sys.modules, "own_client", raising=False)
    (bakery / "own").mkdir()
    case = "scenarios:\n  - {id: talk, user: Hello., expect: {answer: {contains: off topic}}}\n"
    (bakery / "own" / "talk.yaml").write_text(case, encoding="utf-8")
    monkeypatch.setenv("OPENAI_BASE_URL", paid)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    found = harness(*verb, "--system", "own_client:desk", "--scenarios", "own")
    assert found.exit_code == 0, found.stderr
    assert ": about " in found.stderr.splitlines()[0]


def test_an_estimate_counts_what_an_edit_makes_stale(
    harness: Harness, bakery: Path, bakers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bakers.cake, "instructions", "You bake cakes twice.")
    assert "would record 2 of 4 trials: about 4 model calls" in harness("record", "--estimate").stdout


def test_an_unknown_price_stays_unknown(harness: Harness, bakery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bakery / "cassettes" / "about-the-weather.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("gpt-5.6-luna", "our-own-model"), encoding="utf-8")
    told = harness("record", "--all", "about-the-weather", "--estimate").stdout
    assert "at an unknown cost" in told
    assert "no price is known of: our-own-model" in told


def test_an_estimate_without_any_recording_guesses_nothing(harness: Harness, bakery: Path) -> None:
    for path in (bakery / "cassettes").glob("*.yaml"):
        path.unlink()
    told = harness("record", "--estimate").stdout
    assert "would record 4 of 4 trials: an unknown number of model calls, at an unknown cost" in told


def test_max_cost_stops_keeps_what_was_recorded_and_says_how_to_go_on(
    harness: Harness, priced: None, bakery: Path, paid: str
) -> None:
    for path in (bakery / "cassettes").glob("*.yaml"):
        path.unlink()
    told = harness("record", "--all", "--endpoint", paid, "--max-cost", "0.5", "-j", 1)
    assert told.exit_code == 4
    assert re.search(r"stopped: \$0\.\d\d are spent, the limit is \$0\.50; \d trials? (is|are) kept", told.stderr)
    [run] = re.findall(r"next: the same with --resume (\S+)", told.stderr)
    first = {path: path.stat().st_mtime_ns for path in (bakery / "cassettes").glob("*.yaml")}
    assert 0 < len(first) < 4
    harness("record", "--all", "--endpoint", paid, "--max-cost", "5", "-j", 1, "--resume", run)
    assert len(_names(bakery)) == 4
    assert _names(bakery, "*.pending.yaml") == []
    assert first.items() <= {path: path.stat().st_mtime_ns for path in (bakery / "cassettes").glob("*.yaml")}.items()


def test_max_cost_cannot_be_kept_where_the_price_is_unknown(
    harness: Harness, bakery: Path, paid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_DEFAULT_MODEL", "our-own-model")
    told = harness("record", "--all", "--endpoint", paid, "--max-cost", "5", "-j", 1)
    assert "the limit of $5.00 cannot be kept: what our-own-model cost is unknown" in told.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["record", "--standin", "-q"], "in CI nothing is recorded"),
        (["run", "--mode", "record"], "in CI nothing is recorded"),
        (["run", "--mode", "live"], "in CI nothing runs live"),
    ],
)
def test_no_model_is_asked_in_ci(
    harness: Harness, bakery: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.setenv("CI", "true")
    told = harness(*arguments)
    assert (told.exit_code, said in told.stderr, "sets CI= (empty)" in told.stderr) == (2, True, True)


def test_a_job_in_ci_that_is_meant_to_ask_a_model_says_so(
    harness: Harness, bakery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "")
    assert harness("record", "about-the-weather", "--all", "--script", "script.yaml", "-q").exit_code == 0
    with running(script=bakery / "script.yaml") as url:
        monkeypatch.setenv("HARNESS_ENDPOINT", url)
        assert harness("run", "about-the-weather", "--mode", "live", "-q").exit_code == 0


def test_a_recording_that_is_too_old_is_made_anew(harness: Harness, bakery: Path) -> None:
    path = bakery / "cassettes" / "about-the-weather.yaml"
    text = path.read_text(encoding="utf-8")
    start = text.index("recorded_at: '") + len("recorded_at: '")
    path.write_text(f"{text[:start]}2020{text[start + 4 :]}", encoding="utf-8")
    harness("record", "--max-age-days", 30, "--script", "script.yaml")
    assert _names(bakery, "*.pending.yaml") == ["about-the-weather"]


def test_an_endpoint_can_be_named(harness: Harness, bakery: Path) -> None:
    (bakery / "cassettes" / "cancel-a-cake.yaml").unlink()
    with running(script=bakery / "script.yaml") as url:
        assert harness("record", "cancel-a-cake", "-q", "--endpoint", url).exit_code == 0
    assert "cancel-a-cake" in _names(bakery)


def test_recordings_of_the_stand_in_say_so(harness: Harness, bakery: Path) -> None:
    (bakery / "cassettes" / "about-the-weather.yaml").unlink()
    assert "against the stand-in" in harness("record", "about-the-weather", "--standin").stderr
    assert "against the stand-in" in harness("run", "about-the-weather", "-q").stderr


def test_a_script_that_cannot_be_used_is_said_so(harness: Harness, bakery: Path) -> None:
    (bakery / "bad.yaml").write_text("rules:\n  - wen: {user: hi}\n", encoding="utf-8")
    for name in ("bad.yaml", "nosuch.yaml"):
        result = harness("record", "--script", name)
        assert (result.exit_code, name in result.stderr) == (2, True)


def test_a_small_change_is_a_small_difference(
    harness: Harness, bakery: Path, rewritten: Callable[[str, str], str]
) -> None:
    path = bakery / "cassettes" / "price-of-bread.yaml"
    before = path.read_text(encoding="utf-8").splitlines()
    harness("record", "--all", "--script", rewritten("Mix rye flour", "Mix spelt flour"), "-q")
    harness("accept", "--all")
    after = path.read_text(encoding="utf-8").splitlines()
    changed = [line for line in difflib.ndiff(before, after) if line[0] in "+-" and "http://127.0.0.1" not in line]
    assert sum("spelt" in line for line in changed) == 1
    assert len(changed) <= 8, changed


def test_a_seed_and_a_clock_for_all_are_kept_in_the_recording(
    harness: Harness, bakery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bakery / "cassettes" / "price-of-bread.yaml"
    path.unlink()
    monkeypatch.setenv("HARNESS_CLOCK", "2026-01-31T12:00:00+00:00")
    harness("record", "price-of-bread", "--seed", 7, "--script", "script.yaml", "-q")
    text = path.read_text(encoding="utf-8")
    assert "clock: '2026-01-31T12:00:00+00:00'" in text
    assert "seed: 7" in text
    assert harness("run", "price-of-bread", "-q").exit_code == 0
