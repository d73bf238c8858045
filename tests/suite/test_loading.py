from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.core.scenario import (
    AnyOfGroup,
    AnyOrderGroup,
    Count,
    EscalationTarget,
    ExpectedCall,
    HistoryMessage,
    Limits,
    Location,
    OptionalGroup,
    Order,
    Quarantine,
    Turn,
)
from harness.core.trace import Layer
from harness.errors import ProblemsError
from harness.suite.loading import load_suite, parse_suite, read_suite

if TYPE_CHECKING:
    from pathlib import Path

    from harness.core.scenario import Expectation, ExpectedItem, Scenario, ToolsExpectation


def _one(body: str) -> Scenario:
    lines = "\n".join(f"    {line}" for line in body.strip("\n").split("\n"))
    (scenario,) = parse_suite(f"scenarios:\n  -\n    id: one\n{lines}\n")
    return scenario


def _expect(body: str) -> Expectation:
    lines = "\n".join(f"  {line}" for line in body.strip("\n").split("\n"))
    return _one(f"user: Hello.\nexpect:\n{lines}").expect


def _tools(body: str) -> ToolsExpectation:
    found = _expect(body).tools
    assert found is not None
    return found


def _call(body: str) -> ExpectedCall:
    (call,) = _tools(f"tools:\n{body}").calls
    assert isinstance(call, ExpectedCall)
    return call


def _names(items: tuple[ExpectedItem, ...]) -> list[str]:
    return [item.tool for item in items if isinstance(item, ExpectedCall)]


def test_user_is_short_for_one_turn() -> None:
    assert _one("user: Hello.").conversation == (Turn(user="Hello."),)


def test_a_conversation_has_turns_with_expectations_of_their_own() -> None:
    scenario = _one("conversation:\n  - user: Hello.\n    expect: {escalation: none}\n  - Goodbye.")
    first, second = scenario.conversation
    assert first.expect is not None
    assert first.expect.escalation is not None
    assert first.expect.escalation.to is EscalationTarget.NONE
    assert second == Turn(user="Goodbye.")


def test_a_scenario_that_says_little_has_the_defaults_of_the_page() -> None:
    scenario = _one("user: Hello.")
    assert (scenario.trials, scenario.needed, scenario.agent, scenario.layer) == (1, 1, None, None)
    assert (scenario.draft, scenario.recorded_tools, scenario.quarantine) == (False, False, None)


def test_every_plain_key_of_a_scenario() -> None:
    scenario = _one(
        """
description: What it is about.
tags: [billing, refund]
system: shop.agents:build
agent: BillingSpecialist
layer: specialist
user: Hello.
approvals: {process_refund: approve, delete_account: reject, close: true}
context: {region: eu, limits: [1, 2.5, null]}
trials: 5
pass: 4
recorded_tools: true
draft: true
"""
    )
    assert scenario.description == "What it is about."
    assert scenario.tags == ("billing", "refund")
    assert (scenario.system, scenario.agent, scenario.layer) == (
        "shop.agents:build",
        "BillingSpecialist",
        Layer.SPECIALIST,
    )
    assert scenario.approvals == {"process_refund": True, "delete_account": False, "close": True}
    assert scenario.context == {"region": "eu", "limits": [1, 2.5, None]}
    assert (scenario.trials, scenario.passes, scenario.needed) == (5, 4, 4)
    assert scenario.recorded_tools
    assert scenario.draft


def test_history_is_messages_in_either_form() -> None:
    scenario = _one("user: c\nhistory:\n  - user: a\n  - {role: assistant, content: b}")
    assert scenario.history == (HistoryMessage(role="user", content="a"), HistoryMessage(role="assistant", content="b"))


def test_history_may_name_a_scenario() -> None:
    assert _one("user: c\nhistory: duplicate-charge").history_from == "duplicate-charge"


def test_quarantine_takes_an_unquoted_day() -> None:
    scenario = _one("user: a\nquarantine: {until: 2026-12-31, reason: flaky, owner: me}")
    assert scenario.quarantine == Quarantine(until=date(2026, 12, 31), reason="flaky", owner="me")


def test_a_single_name_is_a_list_of_one() -> None:
    expect = _expect("specialist: Billing\nroute: Triage\nforbidden_tools: refund")
    assert (expect.specialist, expect.route, expect.forbidden_tools) == (("Billing",), ("Triage",), ("refund",))


def test_a_route_may_hold_wildcards_and_an_agent_twice() -> None:
    expect = _expect("route: [Triage, '*', Triage, '**']")
    assert expect.route == ("Triage", "*", "Triage", "**")


@pytest.mark.parametrize("word", ["none", "human", "back_to_triage"])
def test_escalation_in_one_word(word: str) -> None:
    escalation = _expect(f"escalation: {word}").escalation
    assert escalation is not None
    assert (escalation.to, escalation.after) == (word, ())


@pytest.mark.parametrize("after", ["run_diagnostics", "[run_diagnostics]"])
def test_escalation_after_a_tool(after: str) -> None:
    escalation = _expect(f"escalation: {{to: human, after: {after}}}").escalation
    assert escalation is not None
    assert escalation.after == ("run_diagnostics",)


def test_every_key_of_an_answer() -> None:
    answer = _expect(
        """
answer:
  contains: refund
  not_contains: [sorry, unfortunately]
  matches: 'INV-\\d+'
  equals: ""
  numbers: [49, 12.5, -3]
  grounded_in: get_invoice
  judge: Is it polite?
"""
    ).answer
    assert answer is not None
    assert (answer.contains, answer.not_contains) == (("refund",), ("sorry", "unfortunately"))
    assert (answer.matches, answer.equals) == ((r"INV-\d+",), "")
    assert (answer.numbers, answer.grounded_in, answer.judge) == ((49.0, 12.5, -3.0), ("get_invoice",), "Is it polite?")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1", (1, 1)),
        ("0", (0, 0)),
        ("0..1", (0, 1)),
        ("2..", (2, None)),
        ("..3", (0, 3)),
        ("'2'", (2, 2)),
        ("{max: 1}", (0, 1)),
        ("{min: 1}", (1, None)),
        ("{min: 1, max: 2}", (1, 2)),
    ],
)
def test_a_number_of_times(written: str, meant: tuple[int, int | None]) -> None:
    assert _expect(f"clarifying_questions: {written}").clarifying_questions == meant


def test_limits_state_guardrail_and_scorers() -> None:
    expect = _expect(
        """
limits: {model_calls: 5, tool_calls: 4, tokens: 3000, cost_usd: 0.02, seconds: 1.5, handoffs: 1}
state: {refunds: [{amount: {approx: 49}}]}
guardrail: abuse_check
scorers: {shop.scorers:politeness: {least: 3}, shop.scorers:length: }
"""
    )
    assert expect.limits == Limits(model_calls=5, tool_calls=4, tokens=3000, cost_usd=0.02, seconds=1.5, handoffs=1)
    assert expect.state == {"refunds": [{"amount": {"approx": 49}}]}
    assert expect.guardrail == "abuse_check"
    assert expect.scorers == {"shop.scorers:politeness": {"least": 3}, "shop.scorers:length": {}}


def test_scorers_may_be_a_list_of_names() -> None:
    assert _expect("scorers: [a:b, c:d]").scorers == {"a:b": {}, "c:d": {}}


def test_no_calls_at_all() -> None:
    assert _tools("tools: []").calls == ()


def test_a_call_by_name_leaves_its_arguments_unchecked() -> None:
    call = _call("  - lookup_account")
    assert (call.tool, call.arguments, call.times) == ("lookup_account", None, (1, 1))


def test_one_call_may_stand_without_a_list() -> None:
    assert _names(_tools("tools: lookup_account").calls) == ["lookup_account"]


def test_a_call_with_arguments() -> None:
    call = _call("  - process_refund: {customer_id: C-1042, amount: 49.00}")
    assert (call.arguments, call.exact_arguments) == ({"customer_id": "C-1042", "amount": 49.0}, False)


def test_the_long_form_of_a_call() -> None:
    call = _call(
        """
  - tool: lookup_account
    by: [BillingSpecialist, Triage]
    times: 1..2
    arguments: {input: {contains: C-1042}}
    exact: true
    helper:
      tools: [fetch_account: {customer_id: C-1042}]
      order: in_order
      forbidden_tools: drop_table
      ignore_tools: log
      count: all
"""
    )
    assert (call.by, call.times, call.exact_arguments) == (("BillingSpecialist", "Triage"), (1, 2), True)
    assert call.arguments == {"input": {"contains": "C-1042"}}
    assert call.helper is not None
    assert _names(call.helper.calls) == ["fetch_account"]
    assert (call.helper.order, call.helper.count) == (Order.IN_ORDER, Count.ALL)
    assert (call.helper.forbidden, call.helper.ignore) == (("drop_table",), ("log",))


def test_a_helper_may_be_the_list_of_its_calls() -> None:
    call = _call("  - {tool: lookup_account, helper: [fetch_account]}")
    assert call.helper is not None
    assert _names(call.helper.calls) == ["fetch_account"]


def test_groups() -> None:
    any_order, any_of, optional = _tools(
        """
tools:
  - any_order: [a, b: {x: 1}]
  - any_of: [[c], [d, e], f]
  - optional: g
"""
    ).calls
    assert isinstance(any_order, AnyOrderGroup)
    assert _names(any_order.calls) == ["a", "b"]
    assert isinstance(any_of, AnyOfGroup)
    assert [_names(each) for each in any_of.alternatives] == [["c"], ["d", "e"], ["f"]]
    assert isinstance(optional, OptionalGroup)
    assert _names(optional.calls) == ["g"]


def test_a_tool_named_like_a_group_is_written_in_the_long_form() -> None:
    assert _call("  - tool: optional").tool == "optional"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("exact", Order.EXACT),
        ("strict", Order.EXACT),
        ("in_order", Order.IN_ORDER),
        ("any_order", Order.ANY_ORDER),
        ("unordered", Order.ANY_ORDER),
    ],
)
def test_orders_and_their_aliases(written: str, meant: Order) -> None:
    tools = _tools(f"tools: [a, b]\norder: {written}")
    assert (tools.order, _names(tools.calls)) == (meant, ["a", "b"])


def test_superset_allows_other_calls_and_any_order() -> None:
    tools = _tools("tools: [a, b]\norder: superset")
    (group,) = tools.calls
    assert tools.order is Order.IN_ORDER
    assert isinstance(group, AnyOrderGroup)


def test_subset_allows_missing_calls_and_any_order() -> None:
    tools = _tools("tools: [a, b]\norder: subset")
    (group,) = tools.calls
    assert tools.order is Order.ANY_ORDER
    assert isinstance(group, OptionalGroup)


@pytest.mark.parametrize("order", ["superset", "subset"])
def test_no_calls_stay_no_calls_under_every_alias(order: str) -> None:
    assert _tools(f"tools: []\norder: {order}").calls == ()


def test_arguments_exact_holds_for_the_calls_of_its_level() -> None:
    first, second, third = _tools(
        "tools: [a: {x: 1}, {tool: b, exact: false}, {tool: c, helper: [d: {y: 1}]}]\narguments: exact\ncount: all"
    ).calls
    assert isinstance(first, ExpectedCall)
    assert isinstance(second, ExpectedCall)
    assert isinstance(third, ExpectedCall)
    assert (first.exact_arguments, second.exact_arguments, third.exact_arguments) == (True, False, True)
    assert third.helper is not None
    (inner,) = third.helper.calls
    assert isinstance(inner, ExpectedCall)
    assert not inner.exact_arguments


def test_ignored_tools() -> None:
    assert _tools("tools: [a]\nignore_tools: [log, trace]").ignore == ("log", "trace")


_INHERITING = """
defaults:
  tags: [billing]
  agent: BillingSpecialist
  trials: 5
  pass: 4
  context: {region: eu, tier: gold}
  expect: {escalation: none, order: any_order, limits: {tokens: 10}}
scenarios:
  - {id: a, user: Hello.}
  - id: b
    user: Hello.
    tags: refund
    agent: Triage
    trials: 2
    context: {tier: silver}
    expect: {escalation: human, tools: [x]}
"""


def test_scenarios_inherit_the_defaults_of_their_file() -> None:
    first, _ = parse_suite(_INHERITING)
    assert (first.tags, first.agent, first.trials, first.passes) == (("billing",), "BillingSpecialist", 5, 4)
    assert first.expect.limits == Limits(tokens=10)
    assert first.expect.tools is None


def test_own_keys_win_over_defaults_while_tags_and_maps_add_up() -> None:
    _, second = parse_suite(_INHERITING)
    assert (second.tags, second.agent) == (("billing", "refund"), "Triage")
    assert (second.trials, second.passes) == (2, None)
    assert second.context == {"region": "eu", "tier": "silver"}
    assert second.expect.escalation is not None
    assert second.expect.escalation.to is EscalationTarget.HUMAN
    assert second.expect.tools is not None
    assert second.expect.tools.order is Order.ANY_ORDER
    assert second.expect.limits == Limits(tokens=10)


def test_dates_stay_the_text_they_are_written_as() -> None:
    call = _call("  - book: {day: 2026-10-03, at: 2026-10-03 10:00:00, about: {date: 2026-10-03}}")
    assert call.arguments == {"day": "2026-10-03", "at": "2026-10-03 10:00:00", "about": {"date": "2026-10-03"}}


def test_quoted_values_are_texts() -> None:
    call = _call("""  - a: {x: "no", y: '12', z: "1e3", "on": '~'}""")
    assert call.arguments == {"x": "no", "y": "12", "z": "1e3", "on": "~"}


def test_numbers_keep_their_kind() -> None:
    arguments = _call("  - a: {x: 49, y: 49.0, z: -1, u: 1.5e+3, v: true, w: null}").arguments
    assert arguments == {"x": 49, "y": 49.0, "z": -1, "u": 1500.0, "v": True, "w": None}
    assert [type(value) for value in arguments.values()] == [int, float, int, float, bool, type(None)]


def test_anchors_aliases_and_merge_keys() -> None:
    (scenario,) = parse_suite(
        """
x-who: &who {customer_id: C-1, region: eu}
scenarios:
  - id: a
    user: Hello.
    expect:
      tools:
        - get_invoice: *who
        - process_refund: {<<: *who, region: us, amount: 3}
"""
    )
    assert scenario.expect.tools is not None
    first, second = scenario.expect.tools.calls
    assert isinstance(first, ExpectedCall)
    assert isinstance(second, ExpectedCall)
    assert first.arguments == {"customer_id": "C-1", "region": "eu"}
    assert second.arguments == {"customer_id": "C-1", "region": "us", "amount": 3}


def test_a_byte_order_mark_is_no_part_of_the_file() -> None:
    (scenario,) = parse_suite("\ufeffscenarios: [{id: a, user: Grüße}]")
    assert scenario.conversation[0].user == "Grüße"


def test_windows_line_ends_count_as_lines() -> None:
    _, second = parse_suite("scenarios:\r\n  - {id: a, user: b}\r\n  - {id: c, user: d}\r\n")
    assert second.location.line == 3


def test_a_hash_with_a_space_is_a_comment_and_one_inside_a_word_is_text() -> None:
    scenario = _one("user: Ticket#12 is open # as of today\ndescription: 'Number #3'")
    assert scenario.conversation[0].user == "Ticket#12 is open"
    assert scenario.description == "Number #3"


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"scenarios:\n  - id: \xff", 2, "the byte 0xff is not UTF-8"),
        (b"\xff\xfes\x00", 1, "the file is UTF-16, not UTF-8"),
        (b"a: 1\nb: \x07", 2, "the character 0x0007 is not allowed in YAML"),
        (b"a: 1\n# " + b"x" * 3000 + b"\nb: " + b"[" * 200_000, 3, "nested more than 60 levels deep"),
        (b"- " * 100_000, 1, "nested more than 60 levels deep"),
        (b"[" * 100 + b"]" * 100, 1, "nested more than 60 levels deep"),
    ],
)
def test_bytes_that_are_no_file_of_ours(data: bytes, line: int, message: str) -> None:
    with pytest.raises(ProblemsError) as raised:
        parse_suite(data, "odd.yaml")
    first = raised.value.problems[0]
    assert (str(first.where), first.message) == (f"odd.yaml:{line}", message)


def test_aliases_of_aliases_do_not_exhaust_memory() -> None:
    lines = ["x0: &x0 [a, a, a, a, a, a, a, a, a, a]"]
    lines += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 20)]
    with pytest.raises(ProblemsError, match="aliases expand to more than"):
        parse_suite("\n".join(lines))


def test_places_are_those_of_the_file() -> None:
    scenario = _one("user: Hello.\nexpect:\n  specialist: A\n  tools:\n    - b:\n        c: 1")
    assert (scenario.location.line, scenario.lines["user"], scenario.lines["expect"]) == (3, 4, 5)
    assert (scenario.expect.lines["specialist"], scenario.expect.lines["tools"]) == (6, 7)
    assert scenario.expect.tools is not None
    (call,) = scenario.expect.tools.calls
    assert isinstance(call, ExpectedCall)
    assert (str(call.location), call.lines["arguments.c"]) == ("<text>:8", 9)


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_folders_are_searched_in_the_order_of_names(tmp_path: Path) -> None:
    _write(tmp_path, "suite/b.yaml", "scenarios: [{id: b, user: x}]")
    _write(tmp_path, "suite/a/c.yml", "scenarios: [{id: c, user: x}]")
    _write(tmp_path, "suite/.hidden/d.yaml", "not: [ours")
    _write(tmp_path, "suite/notes.txt", "not: [ours")
    found = load_suite([tmp_path / "suite"], root=tmp_path)
    assert [(each.id, each.location.file) for each in found] == [("c", "suite/a/c.yml"), ("b", "suite/b.yaml")]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.yaml", "scenarios: [{id: a, user: x}]")
    assert len(load_suite([path, tmp_path, path])) == 1


def test_a_folder_without_scenario_files_has_none(tmp_path: Path) -> None:
    assert load_suite([tmp_path]) == ()


def test_the_problems_of_all_files_come_together(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", "scenarios:\n  - {id: a, usr: x}")
    _write(tmp_path, "b.yaml", "scenarios: [")
    _write(tmp_path, "c.yaml", "scenarios:\n  - {id: c, user: x}")
    _write(tmp_path, "d.yaml", "scenarios:\n  - {id: c, user: 3}")
    with pytest.raises(ProblemsError) as raised:
        load_suite([tmp_path, tmp_path / "nowhere"], root=tmp_path)
    shown = str(raised.value)
    for part in ("a.yaml:2: error: unknown key 'usr'", "b.yaml:1", "d.yaml:2: error: `user` must be", "nowhere"):
        assert part in shown
    assert "d.yaml:2: error: the id 'c' is taken by c.yaml:2" in shown
    assert "did you mean 'user'?" in shown


def test_a_check_can_go_on_with_the_files_that_can_be_read(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", "scenarios:\n  - {id: a, user: x}\n  - {id: b, usr: x}")
    _write(tmp_path, "c.yaml", "scenarios:\n  - {id: c, user: x}")
    reading = read_suite([tmp_path], root=tmp_path)
    assert [each.id for each in reading.scenarios] == ["c"]
    assert [str(each.where) for each in reading.problems] == ["a.yaml:3", "a.yaml:3"]
    assert reading.unread == {"a", "b"}


def test_a_file_that_cannot_be_opened_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nothing")
    assert load_suite([tmp_path]) == ()
    with pytest.raises(ProblemsError, match="no such file or folder"):
        load_suite([tmp_path / "gone.yaml"])


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["none", "Triage", "*", "1..2", "2026-10-03", "get_invoice", "(", "a:b", "approve"])
)
_KEYS = st.sampled_from(
    [
        *("scenarios", "defaults", "id", "user", "conversation", "expect", "tools", "tool", "helper", "any_of"),
        *("optional", "any_order", "escalation", "to", "after", "answer", "contains", "matches", "numbers", "limits"),
        *("tokens", "times", "arguments", "order", "history", "quarantine", "until", "trials", "pass", "tags", "by"),
        *("route", "specialist", "clarifying_questions", "min", "max", "state", "scorers", "approvals", "context"),
    ]
) | st.text(max_size=6)


def _deeper(children: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(children, max_size=4) | st.dictionaries(_KEYS, children, max_size=6)


_DOCUMENTS = st.recursive(_SCALARS, _deeper, max_leaves=30)


def _loads_or_says_why(data: str | bytes) -> None:
    places: list[Location | None] = []
    try:
        parse_suite(data)
    except ProblemsError as error:
        places = [problem.where for problem in error.problems]
    assert all(place is not None and place.line >= 1 for place in places)


@given(st.fixed_dictionaries({"scenarios": st.lists(_DOCUMENTS, max_size=3)}, optional={"defaults": _DOCUMENTS}))
def test_any_mapping_loads_or_is_refused_with_places(document: object) -> None:
    _loads_or_says_why(yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "replace"))


@given(st.text(alphabet="ab01:-[]{},&*!|>'\"#%@` \n\t?<.~é\u2028\x85", max_size=60))
def test_any_text_loads_or_is_refused_with_places(text: str) -> None:
    _loads_or_says_why("scenarios:\n- " + text)
    _loads_or_says_why(text)


@given(st.binary(max_size=40))
def test_any_bytes_load_or_are_refused_with_places(data: bytes) -> None:
    _loads_or_says_why(data)
