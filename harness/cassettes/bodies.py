"""Requests and answers as they may be written: uncompressed, readable, without secrets and what differs each time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
from vcr.request import Request

from harness.cassettes.canonical import model_api
from harness.cassettes.redaction import kept_headers, redacted, without_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.cassettes.redaction import Patterns

_LINE_ENDS = {ord(mark): f"\\u{ord(mark):04x}" for mark in "\u007f\u0085\u2028\u2029\ufeff"}
_KEPT_REQUEST_HEADERS = frozenset({"content-type"})


def plain_text(body: Any) -> Any:
    """Text as text; bytes that are no text as they are."""
    if isinstance(body, bytes | bytearray):
        try:
            return bytes(body).decode("utf-8")
        except UnicodeDecodeError:
            return bytes(body)
    return body


def readable(body: Any) -> Any:
    """JSON over several lines, else as `plain_text`."""
    body = plain_text(body)
    parsed = _parsed(body) if isinstance(body, str) else None
    if not isinstance(parsed, dict | list):
        return body
    # YAML takes these characters for ends of lines, or refuses them; JSON can say them in another way.
    return json.dumps(parsed, indent=1, ensure_ascii=False).translate(_LINE_ENDS)


def uncompressed(body: bytes, headers: Mapping[str, Any]) -> bytes:
    """The body without its content encoding; as it is when the library that read it took that off already."""
    encoding = header(headers, "content-encoding")
    if not body or encoding in ("", "identity"):
        return body
    try:
        return httpx2.Response(200, headers={"content-encoding": encoding}, content=body).content
    except httpx2.DecodingError:
        return body


def request_for_disk(request: Request, hide: Patterns) -> Request:
    """A copy of a request that may be written."""
    model = bool(model_api(request.method, request.uri))
    asked = _hidden(uncompressed(plain_bytes(request.body), request.headers), hide, model=model)
    return tidy_request(
        Request(request.method, redacted(without_named(request.uri), hide), asked or None, request.headers)
    )


def answer_for_disk(request: Request, response: Mapping[str, Any], hide: Patterns) -> dict[str, Any]:
    """A copy of the answer to `request` that may be written."""
    model = bool(model_api(request.method, request.uri))
    told = _hidden(uncompressed(response["body"].get("string") or b"", response["headers"]), hide, model=model)
    status = {"code": response["status"]["code"], "message": response["status"].get("message") or ""}
    return tidy_answer(request, {"status": status, "headers": response["headers"], "body": {"string": told}})


def tidy_request(request: Request) -> Request:
    """A copy as a reviewer reads it: JSON over several lines, and of the headers what tells the body's kind."""
    headers = {name.lower(): value for name, value in request.headers.items() if name.lower() in _KEPT_REQUEST_HEADERS}
    return Request(request.method, request.uri, readable(request.body), headers)


def tidy_answer(request: Request, response: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the answer to `request` as a reviewer reads it.

    What a tool was answered stays as it was, to the last space: it may tell the model the very text.
    """
    told = response["body"]["string"]
    body = readable(told) if model_api(request.method, request.uri) else told
    return {"status": response["status"], "headers": kept_headers(response["headers"]), "body": {"string": body}}


def plain_bytes(body: Any) -> bytes:
    """A request's body, whatever the library that sends it made of it."""
    match body:
        case None:
            return b""
        case str():
            return body.encode("utf-8", "surrogateescape")
        case bytes() | bytearray():
            return bytes(body)
        case dict():
            return json.dumps(body, default=str).encode()
    if hasattr(body, "read"):
        return plain_bytes(body.read())
    parts = list(body)
    return b"".join(parts) if all(isinstance(each, bytes) for each in parts) else plain_bytes({"fields": parts})


def header(headers: Mapping[str, Any], name: str) -> str:
    """The first value of a header, in lower case; empty when there is none."""
    for each, value in headers.items():
        if each.lower() == name:
            first = value[0] if isinstance(value, list | tuple) and value else value
            return (first.decode("latin-1") if isinstance(first, bytes) else str(first)).lower()
    return ""


def _hidden(body: bytes, hide: Patterns, *, model: bool) -> bytes:
    """What is no text may still hold one: every byte stands for a character then."""
    try:
        body.decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError:
        encoding = "latin-1"
    text = redacted(body.decode(encoding), hide)
    return (text if model else without_named(text)).encode(encoding, "replace")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
