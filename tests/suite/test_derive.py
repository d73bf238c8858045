from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.graph import AgentGraph
from harness.core.results import Mode, Run, RunInfo, Trial, Verdict
from harness.core.scenario import AnyOrderGroup, ExpectedCall, HistoryMessage
from harness.core.trace import (
    AgentRef,
    AgentRun,
    CallStatus,
    Handoff,
    Layer,
    Message,
    Step,
    ToolCall,
    Trace,
    TurnTrace,
)
from harness.errors import NothingSelectedError, Severity
from harness.suite.check import check_suite
from harness.suite.derive import derive
from harness.suite.loading import parse_suite

if TYPE_CHECKING:
    from harness.core.scenario import Scenario

_TRIAGE = AgentRef(name="Triage", layer=Layer.TRIAGE)
_BILLING = AgentRef(name="BillingSpecialist", layer=Layer.SPECIALIST)
_HUMAN = AgentRef(name="HumanEscalation", layer=Layer.SPECIALIST, human=True)
_LOOKUP = AgentRef(name="AccountLookup", layer=Layer.HELPER)
_SUITE = """
scenarios:
  - id: duplicate-charge
    user: I was charged twice.
    tags: [refund]
    context: {region: eu}
    approvals: {process_refund: approve}
    expect: {specialist: HumanEscalation, escalation: human}
"""


def _call(name: str, arguments: str, owner: AgentRef = _BILLING, **more: object) -> ToolCall:
    call = ToolCall(id=f"{name}-{arguments}", owner=owner, tool=name, call_id=None, arguments=arguments)
    return replace(call, **more)  # type: ignore[arg-type]  # a test's shortcut


def _handoff(source: AgentRef, target: AgentRef) -> Handoff:
    return Handoff(id=f"to-{target.name}", owner=source, target=target, tool="transfer")


def _inner() -> AgentRun:
    fetch = _call("fetch_account", '{"customer_id": "C-1042"}', _LOOKUP)
    return AgentRun(id="r2", agent=_LOOKUP, input="Account of C-1042?", steps=(fetch,), output="Pro plan.")


def _trace() -> Trace:
    look = _call("lookup_account", '{"input": "C-1042"}', helper=_LOOKUP, runs=(_inner(),), model_call="m1")
    invoice = _call("get_invoice", '{"customer_id": "C-1042"}', model_call="m1")
    refused = _call("process_refund", '{"amount": 1}', status=CallStatus.FAILED, model_call="m2")
    refund = _call("process_refund", '{"customer_id": "C-1042", "amount": 49.0}', model_call="m3")
    first = AgentRun(
        id="r1",
        agent=_TRIAGE,
        input="I was charged twice.",
        steps=(
            _handoff(_TRIAGE, _BILLING),
            look,
            invoice,
            refused,
            refund,
            Message(id="x", owner=_BILLING, text="Done."),
        ),
        output="Refunded $49.00.",
    )
    second = AgentRun(
        id="r3", agent=_BILLING, input="A person!", steps=(_handoff(_BILLING, _HUMAN),), output="One moment."
    )
    return Trace(
        turns=(TurnTrace(user="I was charged twice.", runs=(first,)), TurnTrace(user="A person!", runs=(second,)))
    )


def _run(trace: Trace, graph: AgentGraph, verdict: Verdict = Verdict.PASSED, suite: str = _SUITE) -> Run:
    scenarios = parse_suite(suite)
    info = RunInfo(id="2026-10-03", created_at="2026-10-03T00:00:00Z", system="a:b", mode=Mode.REPLAY)
    trial = Trial(scenario=scenarios[0].id, verdict=verdict, trace=trace)
    return Run(info=info, graph=graph, scenarios=scenarios, trials=(trial,))


def _drafts(run: Run) -> dict[str, Scenario]:
    return {each.id: each for each in parse_suite(derive(run).text)}


def test_each_specialist_and_helper_gets_a_draft(graph: AgentGraph) -> None:
    drafts = _drafts(_run(_trace(), graph))
    assert list(drafts) == [
        "duplicate-charge-billingspecialist",
        "duplicate-charge-billingspecialist-2",
        "duplicate-charge-accountlookup",
    ]
    assert all(each.draft and "derived" in each.tags and "refund" in each.tags for each in drafts.values())
    assert all(each.context == {"region": "eu"} for each in drafts.values())


def test_a_specialist_starts_where_it_took_over_with_what_was_said(graph: AgentGraph) -> None:
    drafts = _drafts(_run(_trace(), graph))
    first, second = drafts["duplicate-charge-billingspecialist"], drafts["duplicate-charge-billingspecialist-2"]
    assert (first.agent, first.history, first.conversation[0].user) == ("BillingSpecialist", (), "I was charged twice.")
    assert first.expect.route == ("BillingSpecialist",)
    assert second.history == (
        HistoryMessage(role="user", content="I was charged twice."),
        HistoryMessage(role="assistant", content="Refunded $49.00."),
    )
    assert second.expect.route == ("BillingSpecialist", "HumanEscalation")
    assert second.expect.escalation is not None
    assert second.expect.escalation.to == "human"


def test_expected_calls_are_those_that_succeeded_and_parallel_ones_have_no_order(graph: AgentGraph) -> None:
    tools = _drafts(_run(_trace(), graph))["duplicate-charge-billingspecialist"].expect.tools
    assert tools is not None
    parallel, refund = tools.calls
    assert isinstance(parallel, AnyOrderGroup)
    look, invoice = parallel.calls
    assert isinstance(look, ExpectedCall)
    assert isinstance(invoice, ExpectedCall)
    assert isinstance(refund, ExpectedCall)
    assert (look.tool, look.arguments) == ("lookup_account", None)
    assert invoice.arguments == {"customer_id": "C-1042"}
    assert refund.arguments == {"customer_id": "C-1042", "amount": 49.0}


def test_a_helper_is_given_its_recorded_input(graph: AgentGraph) -> None:
    helper = _drafts(_run(_trace(), graph))["duplicate-charge-accountlookup"]
    assert (helper.agent, helper.conversation[0].user) == ("AccountLookup", "Account of C-1042?")
    assert helper.expect.tools is not None
    (call,) = helper.expect.tools.calls
    assert isinstance(call, ExpectedCall)
    assert (call.tool, call.arguments) == ("fetch_account", {"customer_id": "C-1042"})


def test_drafts_fit_the_agents_they_were_made_from(graph: AgentGraph) -> None:
    problems = check_suite(parse_suite(derive(_run(_trace(), graph)).text), graph)
    assert {each.severity for each in problems} == {Severity.WARNING}
    assert all("is a draft" in each.message for each in problems)


def test_the_same_input_to_the_same_helper_is_written_once(graph: AgentGraph) -> None:
    run = _run(_trace(), graph)
    twice = replace(run, trials=(*run.trials, replace(run.trials[0], index=1)))
    assert derive(twice) == derive(run)


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.ERRORED])
def test_nothing_is_derived_from_what_did_not_pass(verdict: Verdict, graph: AgentGraph) -> None:
    with pytest.raises(NothingSelectedError, match="no end-to-end trial passed"):
        derive(_run(_trace(), graph, verdict))


def test_one_layer_is_derived_where_one_is_asked_for(graph: AgentGraph) -> None:
    run = _run(_trace(), graph)
    assert [each.agent for each in parse_suite(derive(run, layer="helper").text)] == ["AccountLookup"]
    assert derive(run, layer="specialist").count == 2
    bare = replace(run, trials=(replace(run.trials[0], trace=Trace(turns=_trace().turns[1:])),))
    with pytest.raises(NothingSelectedError, match="no helper took part in a trial that passed"):
        derive(bare, layer="helper")


def test_what_the_suite_has_already_is_left_out(graph: AgentGraph) -> None:
    run = _run(_trace(), graph)
    found = derive(run, known={"duplicate-charge-billingspecialist", "unrelated"})
    assert found.known == ("duplicate-charge-billingspecialist",)
    assert [each.id for each in parse_suite(found.text)] == [
        "duplicate-charge-billingspecialist-2",
        "duplicate-charge-accountlookup",
    ]
    with pytest.raises(NothingSelectedError, match="the suite has all 3 scenarios"):
        derive(run, known=_drafts(run))


def test_what_was_said_before_an_end_to_end_trial_is_said_before_its_drafts_too(graph: AgentGraph) -> None:
    suite = _SUITE.replace("    tags:", "    history: [{user: Hello.}, {assistant: Hello!}]\n    tags:")
    first, second, _ = _drafts(_run(_trace(), graph, suite=suite)).values()
    assert [each.content for each in first.history] == ["Hello.", "Hello!"]
    assert [each.content for each in second.history][2:] == ["I was charged twice.", "Refunded $49.00."]


def test_scenarios_of_one_layer_are_not_derived_from(graph: AgentGraph) -> None:
    suite = "scenarios: [{id: a, agent: BillingSpecialist, user: b, expect: {escalation: none}}]"
    with pytest.raises(NothingSelectedError):
        derive(_run(_trace(), graph, suite=suite))


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["1e3", "no", "12:30", "a #b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5) | st.sampled_from(["any", "from", "date", "not", "1", "on"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
_ARGUMENTS = st.dictionaries(st.text(min_size=1, max_size=8), _VALUES, max_size=4).map(json.dumps) | st.text(
    max_size=20
)


@given(
    tool=st.text(min_size=1, max_size=10).filter(str.strip) | st.sampled_from(["optional", "any_of", "tool", "none"]),
    arguments=_ARGUMENTS,
    user=st.text(max_size=40) | st.sampled_from(["a\nb  \n c", " #1", "- x", "\ud800", "a: b", "'", "\x85", "\u2028"]),
)
def test_whatever_was_recorded_the_drafts_can_be_read(tool: str, arguments: str, user: str) -> None:
    steps: tuple[Step, ...] = (_handoff(_TRIAGE, _BILLING), _call(tool, arguments))
    run = AgentRun(id="r", agent=_TRIAGE, input=user, steps=steps, output=user)
    trace = Trace(turns=(TurnTrace(user=user, runs=(run,)), TurnTrace(user="b", runs=(replace(run, agent=_BILLING),))))
    drafts = _drafts(_run(trace, AgentGraph(entry="Triage")))
    first = drafts["duplicate-charge-billingspecialist"]
    assert first.conversation[0].user == user.encode("utf-8", "replace").decode()
    assert first.expect.tools is not None
    assert len(first.expect.tools.calls) == 1
