"""Words and their stems: how the stand-in tells that two texts are about the same thing."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

_HOW_TO = re.compile(
    r"\bhow (?:do|does|can|could|would|should|to|a|an|the|things|features?|it|they)\b|\bis there a way\b"
)
_WORD = re.compile(r"[a-z0-9][a-z0-9'\u2019]*")
_SUFFIXES = (
    *("ications", "ication", "ations", "ation", "ities", "ivity", "ances", "ance", "ments", "ment", "ings", "ing"),
    *("ions", "ion", "ness", "ies", "ied", "ity", "ed", "es", "er", "ate", "ly", "al", "s", "y"),
)
_SHORTEST_STEM = 3
_SHORTEST_MISSPELT = 5

_SILENT = """
a about above actually again all also am an and another any anything are as ask asked asking asks at be because been
before being between both but by can cannot could currently customer customers did do does doing done each either else
ever every everything example few for from gave get gets getting give given gives go goes going gone got had happen
happened happening happens has have having he hello help her here hey hi him his how however i if in into is issue it
its just kind know known knows lately latest let like likes made make makes making many may maybe me means mention
mentions message might more most much must my need needed needs neither new next no nor not now of off often on one
only or other our out over own please possible problem question questions really regarding related report reports
request requests said same say saying says see seem seems shall she should since so some somebody someone something
sort still such sure tell that the their them then there these they thing things this those to today
told too topic until up upon us use used user users using very want wanted wants was way we well were what when
whenever where whether which while who whose why will wish with without would yet you your
"""


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """The word without its ending: charge, charged, charges and charging are one."""
    word = word.replace("\u2019", "'").removesuffix("'s").replace("'", "")
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST_STEM:
            word = word.removesuffix(suffix)
            break
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2]:
        word = word[:-1]
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM else word


_CONTRACTED = "dont doesnt didnt isnt wasnt wont cant couldnt wouldnt im ive id its thats whats havent hasnt arent"
_SILENT_WORDS = frozenset((_SILENT + _CONTRACTED).split())


def stems(text: str) -> tuple[str, ...]:
    """The stems of the telling words of a text, in order; words that say nothing about a topic are left out.

    `How do I ...`, `how to use ...` and `how things work` all speak of the topic `howto`.
    """
    plain = _HOW_TO.sub("howto ", text.lower().replace("_", " "))
    words = (word.replace("\u2019", "'") for word in _WORD.findall(plain))
    bare = (word.removesuffix("'s").replace("'", "") for word in words)
    return tuple(stem(word) for word in bare if word not in _SILENT_WORDS)


@lru_cache(maxsize=16384)
def alike(one: str, other: str) -> bool:
    """Whether two stems are the same word, one slip of the fingers allowed in a long one."""
    if one == other:
        return True
    if min(len(one), len(other)) < _SHORTEST_MISSPELT or one[0] != other[0] or abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def met(word: str, said: Iterable[str]) -> str | None:
    """The word among `said` that `word` is, if any; the same word before a misspelt one."""
    said = list(said)
    return word if word in said else next((each for each in said if alike(word, each)), None)


@dataclass(frozen=True, slots=True)
class Weights:
    """How much a word tells: the fewer of the texts it occurs in, the more."""

    counts: Mapping[str, int]
    texts: int

    @classmethod
    def over(cls, texts: Iterable[str]) -> Weights:
        """Weights from the texts that are to be told apart."""
        sets = [set(stems(text)) for text in texts]
        return cls(counts=Counter(word for words in sets for word in words), texts=len(sets))

    def of(self, word: str) -> float:
        """The weight of a stem; always above zero."""
        return math.log(1 + (self.texts + 1) / max(self.counts.get(word, 0), 1))

    def total(self, words: Iterable[str]) -> float:
        """The weight of several stems together."""
        return sum(self.of(word) for word in words)

    def met(self, word: str, said: Iterable[str]) -> str | None:
        """The word among `said` that `word` is, if any; a word that the texts use is never a misspelt other one."""
        return met(word, [each for each in said if each == word or each not in self.counts])
