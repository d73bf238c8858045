"""The Responses API: reading a request, writing an answer as JSON or as server-sent events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harness.standin.request import (
    AssistantMessage,
    BadRequestError,
    Call,
    Item,
    Output,
    Request,
    Tool,
    UserMessage,
)
from harness.standin.wire.body import (
    CREATED,
    compact,
    digest_of,
    identifier,
    mapping,
    sequence,
    string,
    text_of,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.standin.reply import Reply

_SYSTEM_ROLES = frozenset({"system", "developer"})


def read(body: Mapping[str, Any]) -> Request:
    """The request in a body of `POST /v1/responses`; raises `BadRequestError`."""
    if body.get("previous_response_id") or body.get("conversation"):
        raise BadRequestError(
            "the stand-in keeps no state: send the whole conversation as input, without previous_response_id",
            "previous_response_id",
        )
    raw = body.get("input", [])
    entries = [{"role": "user", "content": raw}] if isinstance(raw, str) else sequence(raw, "input")
    told = [text_of(each.get("content"), "input") for each in map(_entry, entries) if each.get("role") in _SYSTEM_ROLES]
    return Request(
        model=string(body.get("model", ""), "model"),
        instructions="\n\n".join([text_of(body.get("instructions"), "instructions"), *told]).strip(),
        tools=tuple(_tools(sequence(body.get("tools"), "tools"))),
        items=tuple(item for entry in entries if (item := _item(entry)) is not None),
        schema=_schema(body.get("text")),
        choice=_choice(body.get("tool_choice")),
        parallel=body.get("parallel_tool_calls") is not False,
        stream=body.get("stream") is True,
        digest=digest_of("responses", body),
    )


def _entry(value: Any) -> dict[str, Any]:
    return mapping(value, "input[]")


def _item(entry: dict[str, Any]) -> Item | None:
    """The item, or nothing for kinds that say nothing to the policy (reasoning, hosted tools, references)."""
    kind = entry.get("type", "message")
    if kind == "function_call":
        return Call(
            name=string(entry.get("name"), "input[].name"),
            arguments=string(entry.get("arguments", "{}"), "input[].arguments"),
            call_id=string(entry.get("call_id"), "input[].call_id"),
        )
    if kind == "function_call_output":
        return Output(
            call_id=string(entry.get("call_id"), "input[].call_id"), text=text_of(entry.get("output"), "input[].output")
        )
    text = text_of(entry.get("content"), "input[].content") if kind == "message" else ""
    if entry.get("role") == "user":
        return UserMessage(text=text)
    return AssistantMessage(text=text) if text and entry.get("role") == "assistant" else None


def _tools(entries: list[Any]) -> Iterator[Tool]:
    for entry in entries:
        if mapping(entry, "tools[]").get("type", "function") == "function":
            yield Tool(
                name=string(entry.get("name"), "tools[].name"),
                description=entry.get("description") or "",
                parameters=mapping(entry.get("parameters") or {}, "tools[].parameters"),
            )


def _schema(text: Any) -> dict[str, Any] | None:
    form = mapping(mapping(text or {}, "text").get("format") or {}, "text.format")
    if form.get("type") == "json_object":
        return {"type": "object"}
    return mapping(form.get("schema"), "text.format.schema") if form.get("type") == "json_schema" else None


def _choice(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("name", "auto"))
    return str(value or "auto")


def write(request: Request, reply: Reply) -> dict[str, Any]:
    """The complete response object."""
    output = _output(request, reply)
    return {
        **_head(request, "completed"),
        "output": output,
        "usage": _usage(request, output),
    }


def events(request: Request, reply: Reply) -> Iterator[str]:
    """The same response as server-sent events, in the order a streaming client expects."""
    complete = write(request, reply)
    started = {**_head(request, "in_progress"), "output": []}
    steps: list[dict[str, Any]] = [
        {"type": "response.created", "response": started},
        {"type": "response.in_progress", "response": started},
        *(event for index, item in enumerate(complete["output"]) for event in _item_events(index, item)),
        {"type": "response.completed", "response": complete},
    ]
    for number, step in enumerate(steps):
        yield f"event: {step['type']}\ndata: {json.dumps({**step, 'sequence_number': number}, ensure_ascii=False)}\n\n"


def _head(request: Request, status: str) -> dict[str, Any]:
    return {
        "id": identifier("resp", request.digest),
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "model": request.model,
        "error": None,
        "incomplete_details": None,
        "parallel_tool_calls": request.parallel,
        "tool_choice": "auto",
        "tools": [],
    }


def _output(request: Request, reply: Reply) -> list[dict[str, Any]]:
    output = [dict(item) for item in reply.items]
    if reply.text:
        output.append(
            {
                "type": "message",
                "id": identifier("msg", request.digest),
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}],
            }
        )
    return output + [
        {
            "type": "function_call",
            "id": identifier("fc", request.digest, index),
            "call_id": identifier("call", request.digest, index),
            "name": call.name,
            "arguments": call.arguments if isinstance(call.arguments, str) else compact(call.arguments),
            "status": "completed",
        }
        for index, call in enumerate(reply.calls)
    ]


def _usage(request: Request, output: list[dict[str, Any]]) -> dict[str, Any]:
    asked, answered = asked_tokens(request), tokens(compact(output))
    return {
        "input_tokens": asked,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": answered,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": asked + answered,
    }


def asked_tokens(request: Request) -> int:
    """An estimate of the prompt's tokens: instructions, tools and every item of the conversation."""
    tools = sum(tokens(tool.name + tool.description + compact(tool.parameters)) for tool in request.tools)
    return tokens(request.instructions) + tools + sum(_item_tokens(item) for item in request.items)


def _item_tokens(item: Item) -> int:
    return tokens(item.name + item.arguments) if isinstance(item, Call) else tokens(item.text)


def _item_events(index: int, item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    place = {"output_index": index, "item_id": item.get("id", "")}
    begun = {**item, "status": "in_progress"}
    if item["type"] == "message":
        yield {"type": "response.output_item.added", "output_index": index, "item": {**begun, "content": []}}
        yield from _text_events({**place, "content_index": 0}, item["content"][0])
    elif item["type"] == "function_call":
        yield {"type": "response.output_item.added", "output_index": index, "item": {**begun, "arguments": ""}}
        arguments = item["arguments"]
        yield {"type": "response.function_call_arguments.delta", **place, "delta": arguments}
        yield {
            "type": "response.function_call_arguments.done",
            **place,
            "name": item["name"],
            "arguments": arguments,
        }
    else:
        yield {"type": "response.output_item.added", "output_index": index, "item": item}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _text_events(place: dict[str, Any], part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"type": "response.content_part.added", **place, "part": {**part, "text": ""}}
    yield {"type": "response.output_text.delta", **place, "delta": part["text"], "logprobs": []}
    yield {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": part}
