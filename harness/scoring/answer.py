"""What the user was left with: the text of the answer, and what a judge model thinks of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.core.results import Score, Verdict
from harness.core.trace import Judgement, answer_of
from harness.scoring.facts import Fact, amounts_in, dates_in, ids_in, numbers_in, without_year
from harness.scoring.syntax import pattern_problem
from harness.scoring.wording import plural, readable, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.core.scenario import AnswerExpectation
    from harness.scoring.scope import Scope

_NOISE = 1e-6
"""Numbers closer than this are one number."""

_Finding = tuple[str, str]
"""The key of one requirement, and why it does not hold (empty when it does)."""


def answer(scope: Scope) -> tuple[Score, ...]:
    """Every requirement on the answer that needs no model; the value is the share that holds."""
    expected = scope.expect.answer
    if expected is None:
        return ()
    text = answer_of(scope.trace)
    findings = list(_findings(scope, expected, text))
    if not findings:
        return _nothing_to_ground(scope, expected, text)
    wrong = [finding for finding in findings if finding[1]]
    return (
        Score(
            scorer="answer",
            verdict=Verdict.FAILED if wrong else Verdict.PASSED,
            reason="; ".join(reason for _, reason in wrong)
            or f"{plural(len(findings), 'requirement')} on the answer hold",
            layer=scope.level,
            agent=scope.owner.name if scope.owner else None,
            turn=scope.turn,
            value=1 - len(wrong) / len(findings),
            expected=", ".join(dict.fromkeys(key for key, _ in findings)),
            actual=readable(text, 160),
            outcome=" ".join(dict.fromkeys(key for key, _ in wrong)) or "right",
        ),
    )


def _nothing_to_ground(scope: Scope, expected: AnswerExpectation, text: str) -> tuple[Score, ...]:
    if not expected.grounded_in:
        return ()
    reason = "the answer holds no amount, id or date that could be grounded"
    agent = scope.owner.name if scope.owner else None
    return (
        Score(
            scorer="answer",
            verdict=Verdict.NOT_APPLICABLE,
            reason=reason,
            layer=scope.level,
            agent=agent,
            turn=scope.turn,
            expected="grounded_in",
            actual=readable(text, 160),
        ),
    )


def _findings(scope: Scope, expected: AnswerExpectation, text: str) -> Iterator[_Finding]:
    for wanted in expected.contains:
        yield "contains", _contains(wanted, text)
    for unwanted in expected.not_contains:
        yield "not_contains", f"the answer contains {show(unwanted)}" if unwanted in text else ""
    for pattern in expected.matches:
        yield "matches", _matches(pattern, text)
    if expected.equals is not None:
        same = text.strip() == expected.equals.strip()
        yield "equals", "" if same else f"the answer is {show(text)}; expected {show(expected.equals)}"
    if expected.numbers:
        found = numbers_in(text)
        for number in expected.numbers:
            yield "numbers", "" if _among(number, found) else f"the answer does not give {show(number)}"
    if expected.grounded_in:
        yield from _grounded(scope, expected, text)


def _contains(wanted: str, text: str) -> str:
    if wanted in text:
        return ""
    near = " (only in another case)" if wanted.casefold() in text.casefold() else ""
    return f"the answer does not contain {show(wanted)}{near}"


def _matches(pattern: str, text: str) -> str:
    problem = pattern_problem(pattern)
    if problem:
        return f"`matches` {problem}"
    return "" if re.search(pattern, text) else f"the answer does not match {show(pattern)}"


def _among(number: float, found: frozenset[float]) -> bool:
    try:
        return any(abs(each - number) <= _NOISE for each in found)
    except OverflowError:
        return False


def _grounded(scope: Scope, expected: AnswerExpectation, text: str) -> Iterator[_Finding]:
    """Every amount, id and date of the answer against what the tools answered and the user said."""
    facts = (*amounts_in(text), *ids_in(text), *dates_in(text))
    if not facts:
        return
    sources = _sources(scope, expected)
    known = {reading for source in sources for reading in _readings(source)}
    unknown = [fact.text for fact in facts if not _is_known(fact, known)]
    listed = ", ".join(show(each, 60) for each in dict.fromkeys(unknown))
    tools = ", ".join(expected.grounded_in)
    yield "grounded_in", f"{listed} comes neither from {tools} nor from the user" if unknown else ""


def _sources(scope: Scope, expected: AnswerExpectation) -> list[str]:
    turns = scope.trial.trace.turns
    turns = turns if scope.turn is None else turns[: scope.turn + 1]
    said = [message.content for message in scope.scenario.history if message.role == "user"]
    answers = [output for tool in expected.grounded_in for output in scope.outputs.of(tool)]
    return [*said, *(turn.user for turn in turns), *answers]


def _readings(source: str) -> Iterator[str | float]:
    yield from numbers_in(source)
    for fact in (*ids_in(source), *dates_in(source)):
        yield from fact.readings
        yield from (without_year(reading) for reading in fact.readings)


def _is_known(fact: Fact, known: set[str | float]) -> bool:
    return any(reading in known or (isinstance(reading, float) and abs(reading) in known) for reading in fact.readings)


def judge(scope: Scope) -> tuple[Score, ...]:
    """What a judge model said of the rubric, recorded with the trace. Unless it is to decide, it only advises."""
    expected = scope.expect.answer
    if expected is None or expected.judge is None:
        return ()
    rubric = expected.judge
    opinion = next(
        (each for each in scope.trial.trace.judgements if (each.rubric, each.turn) == (rubric, scope.turn)), None
    )
    score = Score(
        scorer="judge",
        verdict=Verdict.ERRORED,
        reason="no judge model was asked about this rubric",
        layer=scope.level,
        agent=scope.owner.name if scope.owner else None,
        turn=scope.turn,
        expected=readable(rubric, 160),
        advisory=not expected.judge_decides,
    )
    return (score if opinion is None else _with(opinion, score),)


def _with(opinion: Judgement, score: Score) -> Score:
    return replace(
        score,
        verdict=Verdict.PASSED if opinion.passed else Verdict.FAILED,
        reason=f"{opinion.model}: {opinion.reason}",
        value=float(opinion.passed),
        actual="yes" if opinion.passed else "no",
        outcome="right" if opinion.passed else "refused",
    )
