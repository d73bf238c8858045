"""A file's bytes -> PyYAML's node graph, with YAML's own errors in words that help."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from harness.suite.page import Page

DEEPEST = 60
"""Levels of nesting in a scenario file. PyYAML's C code has no limit of its own and crashes the process."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SUSPICIOUS = 2000
_NEVER_CLOSED = re.compile("quoted scalar|flow (mapping|sequence|node)")

_HINTS = (
    (
        re.compile("while scanning an alias"),
        "YAML takes an unquoted * for an alias: quote it, as in '*' or '**'",
    ),
    (re.compile("mapping values are not allowed"), "quote a text that contains ': '; else look at the indentation"),
    (re.compile("undefined alias"), "no earlier &anchor has this name; quote a text that begins with *"),
    (re.compile("unknown escape"), "write \\\\ for a backslash in double quotes, or use single quotes"),
    (_NEVER_CLOSED, "a quotation mark or a bracket is not closed, or a comma is missing"),
    (re.compile("cannot start any token"), "quote a text that begins with @, ` or %"),
    (re.compile("block (mapping|collection|sequence)"), "look at the indentation of this line and the one above"),
)


def compose(page: Page, data: bytes) -> yaml.Node | None:
    """The file's only document. None, with the problem noted, when there is none that can be read."""
    text = _decoded(page, data)
    if text is None or _too_deep(page, text):
        return None
    loader = _LOADER("")
    try:
        loader = _LOADER(text)
        return _only_document(page, loader)
    except yaml.YAMLError as error:
        _note(page, text, error)
        return None
    finally:
        loader.dispose()


def _decoded(page: Page, data: bytes) -> str | None:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        page.error(1, "the file is UTF-16, not UTF-8", "save it as UTF-8")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        page.error(line, f"the byte {data[error.start]:#04x} is not UTF-8", "save the file as UTF-8")
        return None


def _only_document(page: Page, loader: yaml.SafeLoader) -> yaml.Node | None:
    if not loader.check_node():
        page.error(1, "the file is empty", "it needs a list of `scenarios:`")
        return None
    first = loader.get_node()
    if loader.check_node():
        second = loader.get_node()
        line = second.start_mark.line + 1 if second is not None else 1
        page.error(line, "a second YAML document begins here", "keep one document in a file: remove the `---` line")
        return None
    return first


def _too_deep(page: Page, text: str) -> bool:
    """Whether composing would nest too deeply; looks closer only where that is possible at all."""
    brackets = text.count("[") + text.count("{")
    if brackets < _SUSPICIOUS and max(map(len, text.splitlines()), default=0) < _SUSPICIOUS:
        return False
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                note_depth(page, event.start_mark.line + 1 if event.start_mark else 1)
                return True
    except yaml.YAMLError:
        return False
    return False


def note_depth(page: Page, line: int) -> None:
    """Note that the file nests too deeply."""
    page.error(line, f"nested more than {DEEPEST} levels deep", "a scenario needs far less: look for a stray bracket")


def _note(page: Page, text: str, error: yaml.YAMLError) -> None:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        code = ord(error.character) if isinstance(error.character, str) else error.character
        page.error(
            line, f"the character {code:#06x} is not allowed in YAML", "remove it, or escape it in double quotes"
        )
        return
    what = ", ".join(part for part in (getattr(error, "context", None), getattr(error, "problem", None)) if part)
    marks = [getattr(error, "problem_mark", None), getattr(error, "context_mark", None)]
    mark = next(filter(None, reversed(marks) if _NEVER_CLOSED.search(what) else marks), None)
    lines = text.splitlines()
    number = mark.line + 1 if mark else 1
    number = min(number, max(len(lines), 1))
    source = lines[number - 1] if lines else ""
    if "\t" in source[: len(source) - len(source.lstrip())]:
        page.error(number, "not valid YAML: a tab indents this line", "YAML wants spaces")
        return
    page.error(number, f"not valid YAML: {what or error}", _hint(what))


def _hint(what: str) -> str:
    return next((hint for pattern, hint in _HINTS if pattern.search(what)), "")
