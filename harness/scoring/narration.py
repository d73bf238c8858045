"""Handoffs that are only told: the text claims a transfer, and none took place."""

from __future__ import annotations

import re

_MATTER = r"(?:you|this|that|it|(?:your|the)\s+(?:case|chat|conversation|inquiry|issue|matter|question|request|ticket))"
_CLAIM = re.compile(
    r"\b(?:transferr?|hand|forward|rout|redirect|escalat)(?:e|ed|ing|s|es)?"
    rf"\s+{_MATTER}\s+(?:\w+\s+)?(?:over|on|to|with)\b"
    r"|\b(?:connect|pass|put|send)(?:ed|ing|s)?\s+you\s+(?:\w+\s+)?(?:over|through|on|to|with)\b"
    r"|\b(?:transferring|handing|connecting|forwarding|rerouting|escalating)\s+(?:you|this|to|over)\b"
    r"|\b(?:specialist|colleague|agent|team|person|human)\s+(?:will|is going to)\s+(?:take over|take it from here)\b",
    re.IGNORECASE,
)
_NOT_A_CLAIM = re.compile(
    r"\b(?:can(?:'|\u2019)?t|cannot|can not|could not|couldn(?:'|\u2019)t|unable|not able|won(?:'|\u2019)t|will not"
    r"|would you like|do you want|you can|you may|you could|you should|shall i|should i"
    r"|no need|if you|if it|unless|before i)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?\n]{1,2000}[.!?]?")
_LIMIT = 20_000


def narrated_transfer(text: str) -> str:
    """The sentence that claims a transfer; empty when there is none. Offers, questions and refusals are not claims."""
    for match in _SENTENCE.finditer(text[:_LIMIT]):
        sentence = match.group().strip()
        if _CLAIM.search(sentence) and not sentence.endswith("?") and not _NOT_A_CLAIM.search(sentence):
            return sentence
    return ""
