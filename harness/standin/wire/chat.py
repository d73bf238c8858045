"""The Chat Completions API: reading a request, writing an answer as JSON or as server-sent events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harness.standin.request import AssistantMessage, Call, Item, Output, Request, Tool, UserMessage
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
from harness.standin.wire.responses import asked_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.standin.reply import Reply

_SYSTEM_ROLES = frozenset({"system", "developer"})


def read(body: Mapping[str, Any]) -> Request:
    """The request in a body of `POST /v1/chat/completions`; raises `BadRequestError`."""
    messages = [mapping(each, "messages[]") for each in sequence(body.get("messages"), "messages")]
    told = [text_of(each.get("content"), "messages[]") for each in messages if each.get("role") in _SYSTEM_ROLES]
    return Request(
        model=string(body.get("model", ""), "model"),
        instructions="\n\n".join(told).strip(),
        tools=tuple(_tools(sequence(body.get("tools"), "tools"))),
        items=tuple(item for message in messages for item in _items(message)),
        schema=_schema(body.get("response_format")),
        choice=_choice(body.get("tool_choice")),
        parallel=body.get("parallel_tool_calls") is not False,
        stream=body.get("stream") is True,
        digest=digest_of("chat", body),
    )


def _items(message: dict[str, Any]) -> Iterator[Item]:
    role, text = message.get("role"), text_of(message.get("content"), "messages[].content")
    if role == "user":
        yield UserMessage(text=text)
    elif role == "tool":
        yield Output(call_id=string(message.get("tool_call_id"), "messages[].tool_call_id"), text=text)
    elif role == "assistant":
        if text:
            yield AssistantMessage(text=text)
        for call in sequence(message.get("tool_calls"), "messages[].tool_calls"):
            function = mapping(mapping(call, "tool_calls[]").get("function"), "tool_calls[].function")
            yield Call(
                name=string(function.get("name"), "tool_calls[].function.name"),
                arguments=string(function.get("arguments", "{}"), "tool_calls[].function.arguments"),
                call_id=string(call.get("id"), "tool_calls[].id"),
            )


def _tools(entries: list[Any]) -> Iterator[Tool]:
    for entry in entries:
        if mapping(entry, "tools[]").get("type", "function") == "function":
            function = mapping(entry.get("function"), "tools[].function")
            yield Tool(
                name=string(function.get("name"), "tools[].function.name"),
                description=function.get("description") or "",
                parameters=mapping(function.get("parameters") or {}, "tools[].function.parameters"),
            )


def _schema(value: Any) -> dict[str, Any] | None:
    form = mapping(value or {}, "response_format")
    if form.get("type") == "json_object":
        return {"type": "object"}
    if form.get("type") != "json_schema":
        return None
    named = mapping(form.get("json_schema"), "response_format.json_schema")
    return mapping(named.get("schema"), "response_format.json_schema.schema")


def _choice(value: Any) -> str:
    if isinstance(value, dict):
        return str(mapping(value.get("function") or {}, "tool_choice.function").get("name", "auto"))
    return str(value or "auto")


def write(request: Request, reply: Reply) -> dict[str, Any]:
    """The complete chat completion."""
    message = _message(request, reply)
    return {
        **_head(request, "chat.completion"),
        "choices": [{"index": 0, "message": message, "finish_reason": _finish(reply), "logprobs": None}],
        "usage": _usage(request, message),
    }


def events(request: Request, reply: Reply) -> Iterator[str]:
    """The same completion as chunks: role, text, calls, the end, usage, `[DONE]`."""
    message = _message(request, reply)
    head = _head(request, "chat.completion.chunk")
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": reply.text or None}]
    deltas += [{"tool_calls": [{"index": at, **call}]} for at, call in enumerate(message.get("tool_calls", []))]
    for delta in deltas:
        yield _chunk({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield _chunk({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": _finish(reply)}]})
    yield _chunk({**head, "choices": [], "usage": _usage(request, message)})
    yield "data: [DONE]\n\n"


def _chunk(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def _head(request: Request, kind: str) -> dict[str, Any]:
    return {
        "id": identifier("chatcmpl", request.digest),
        "object": kind,
        "created": CREATED,
        "model": request.model,
    }


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.calls else "stop"


def _message(request: Request, reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None, "refusal": None}
    if reply.calls:
        message["tool_calls"] = [
            {
                "id": identifier("call", request.digest, index),
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": call.arguments if isinstance(call.arguments, str) else compact(call.arguments),
                },
            }
            for index, call in enumerate(reply.calls)
        ]
    return message


def _usage(request: Request, message: dict[str, Any]) -> dict[str, Any]:
    asked, answered = asked_tokens(request), tokens(compact(message))
    return {
        "prompt_tokens": asked,
        "completion_tokens": answered,
        "total_tokens": asked + answered,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
