"""`-k` expressions: words joined by and, or, not and brackets, as in pytest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from harness.errors import UsageError

Keyword = Callable[[Iterable[str]], bool]
"""Whether an expression holds for something with these names."""

_TOKEN = re.compile(r"\s*(?:([()])|([\w:+\-.\[\]\\/]+)|(\S))")
_WORDS = ("and", "or", "not")
_DEEPEST = 100


def keyword(expression: str) -> Keyword:
    """The expression as a function of names: a word holds when it is part of one of them, whatever the case.

    Nothing but spaces holds for nothing, as in pytest. Raises UsageError where the expression cannot be read.
    """
    tokens = _tokens(expression)
    if not tokens:
        return lambda _: False
    parser = _Parser(expression, tokens)
    found = parser.any_of(0)
    if parser.tokens:
        raise parser.error("the end")
    return found


def _tokens(expression: str) -> list[str]:
    tokens: list[str] = []
    for bracket, word, stray in _TOKEN.findall(expression.rstrip()):
        if stray:
            raise UsageError(f"-k {expression!r}: the character {stray!r} has no meaning here", hint=_EXAMPLE)
        tokens.append(bracket or word)
    return tokens


_EXAMPLE = "for example: -k 'refund and not (limit or proration)'"


@dataclass(slots=True)
class _Parser:
    """Recursive descent over the tokens that are left."""

    expression: str
    tokens: list[str]

    def error(self, wanted: str) -> UsageError:
        got = repr(self.tokens[0]) if self.tokens else "the end"
        return UsageError(f"-k {self.expression!r}: expected {wanted}, found {got}", hint=_EXAMPLE)

    def accept(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False

    def any_of(self, depth: int) -> Keyword:
        parts = [self.all_of(depth)]
        while self.accept("or"):
            parts.append(self.all_of(depth))
        return lambda names: any(part(names) for part in parts)

    def all_of(self, depth: int) -> Keyword:
        parts = [self.negated(depth)]
        while self.accept("and"):
            parts.append(self.negated(depth))
        return lambda names: all(part(names) for part in parts)

    def negated(self, depth: int) -> Keyword:
        odd = False
        while self.accept("not"):
            odd = not odd
        part = self.single(depth)
        return (lambda names: not part(names)) if odd else part

    def single(self, depth: int) -> Keyword:
        if depth > _DEEPEST:
            raise UsageError(f"-k: brackets nested more than {_DEEPEST} deep")
        if self.accept("("):
            inner = self.any_of(depth + 1)
            if not self.accept(")"):
                raise self.error("a closing bracket")
            return inner
        if not self.tokens or self.tokens[0] in (*_WORDS, ")"):
            raise self.error("a word or an opening bracket")
        word = self.tokens.pop(0).casefold()
        return lambda names: any(word in name.casefold() for name in names)
