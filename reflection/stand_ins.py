"""Which neutral word stands for which name in a reflection: the same wherever that name is found.

It guesses, and only to suggest: who reads the suggestion decides. The case code is offered for the
client's name alone, and for nobody where it is not plain whose name that is: a wrong one would
make somebody else the client.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from reflection.document import Document
from reflection.identifiers import Found, Kind
from reflection.identifiers.lists import words
from reflection.identifiers.suggestions import is_given_a_code, is_title, key_of, neutral_word
from reflection.identifiers.tokens import folded, tokens
from reflection.writings import Writing, writings

_BEFORE = re.compile(r"(\w[\w'’\-]*),?\s?\(?$")
_AFTER = re.compile(r",?\s?\(?(?:(?:my|our|a|the)\s)?(\w+)")
_LONGEST_WORD = 40
_THEMSELVES = frozenset({"client", "patient"})
# What is called by the code anyway: a code there does not say that the texts have it.
_NAMED_BY_IT = frozenset({"title", "tags", "case_code"})

Told = Sequence[tuple[Writing, Found]]


class StandIns:
    """What stands for whom in one reflection, given the names that are ``told`` in all of it."""

    def __init__(self, document: Document, told: Told, *, code: str) -> None:
        self._code = code
        written = [one for one in writings(document) if one.box != "case_code"]
        self._taken = {token.key for one in written for token in tokens(one.text)}
        self._taken |= {token.key for token in tokens(code)}
        self._client = self._find_client(told, written) if code else ""
        self._given: dict[str, str] = {}
        for _writing, found in told:
            self._word_for(found)

    def suggest(self, found: Found, text: str) -> Found:
        """Return a detail of ``text`` with what stands for that name; another kind as it is."""
        if not is_given_a_code(found):
            return found
        if self._client and may_be_client(found, text) and key_of(found) == self._client:
            return replace(found, suggestion=self._code)
        return replace(found, suggestion=self._word_for(found))

    def _word_for(self, found: Found) -> str:
        """Return the neutral word for a name that is not the client's, and no two of them one."""
        if not is_given_a_code(found):
            return ""
        key = key_of(found)
        if key not in self._given:
            taken = self._taken | set(map(folded, self._given.values()))
            self._given[key] = neutral_word(key, taken)
        return self._given[key]

    def _find_client(self, told: Told, written: Sequence[Writing]) -> str:
        """Return the first word, folded, of the client's name, or nothing where it is not plain.

        It is the one that the text calls a client. Else, while the texts do not have the code yet,
        the name that is written most often, if it is met in *what happened*.
        """
        names = [(one, found) for one, found in told if may_be_client(found, one.text)]
        counted = Counter(key_of(found) for _one, found in names)
        called = {key_of(found) for one, found in names if _is_called_client(found, one.text)}
        if called:
            return _only([*called])
        has_code = re.compile(rf"(?<!\w){re.escape(self._code)}(?!\w)")
        if any(has_code.search(one.text) for one in written if one.box not in _NAMED_BY_IT):
            return ""
        met = {key_of(found) for one, found in names if one.passage == "happened"}
        most = max(counted.values(), default=0)
        return _only([name for name, times in counted.items() if times == most and name in met])


def may_be_client(found: Found, text: str) -> bool:
    """Tell whether a detail of ``text`` may be the client's name.

    One with a title is somebody else's, and so is one that a word of kinship leads to.
    """
    if found.kind is not Kind.NAME or is_title(found.text.split()[0]):
        return False
    return _word_before(found, text) not in words("kin") - _THEMSELVES


def _is_called_client(found: Found, text: str) -> bool:
    after = _AFTER.match(text, found.end)
    return _word_before(found, text) in _THEMSELVES or (
        after is not None and text[found.end] in ", (" and folded(after[1]) in _THEMSELVES
    )


def _word_before(found: Found, text: str) -> str:
    before = _BEFORE.search(text[max(found.start - _LONGEST_WORD, 0) : found.start])
    return folded(before[1]) if before else ""


def _only(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ""
