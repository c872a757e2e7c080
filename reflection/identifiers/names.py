"""Names of people, by what a text says around them: no list holds them all.

The evidence, from strong to weak: a title before it, a list of given names, a list of surnames, a
word of kinship before it, a verb of speech after it, two unknown capitals in a row. Words that are
names and ordinary words too ("Grace", "Will") need more than a capital at a sentence's start.
"""

import re
from collections.abc import Container, Iterator
from functools import cache

from reflection.codes import CASE_CODES
from reflection.identifiers.kinds import Found, Kind
from reflection.identifiers.lists import words
from reflection.identifiers.tokens import Token, folded

_MOST_WORDS = 4
_SHORTENED = frozenset({"d", "ll", "m", "re", "t", "ve"})  # would, will, am, are, not, have
_CITED = re.compile(r"(?: and \w{1,30}| & \w{1,30})?(?:,? et al|,? \(?(?:19|20)\d\d)")
_CITATION_AHEAD = 50


@cache
def neutral() -> frozenset[str]:
    """Return the neutral words that stand for cases, as they are compared."""
    return frozenset(folded(code) for code in CASE_CODES)


@cache
def _titles() -> frozenset[str]:
    return words("titles") | words("more_titles")


@cache
def _never() -> frozenset[str]:
    return words("never_names") - {"Will"}


def find_names(text: str, told: list[Token], known: Container[str]) -> list[Found]:
    """Return the names among ``told``, the words of ``text``.

    ``known`` are folded words of names that may stand: one's own, a supervisor's, a case code's.
    """
    reader = _Reader(text, told, known)
    found = list(reader.names())
    return [*found, *reader.repeated(found)]


class _Reader:
    """Reads the words from left to right."""

    def __init__(self, text: str, told: list[Token], known: Container[str]) -> None:
        self.text = text
        self.told = told
        self.known = known

    def at(self, place: int) -> Token | None:
        return self.told[place] if 0 <= place < len(self.told) else None

    def names(self) -> Iterator[Found]:
        place, titles, given = 0, _titles(), words("given")
        while place < len(self.told):
            token = self.told[place]
            bare = token.bare
            # Most words are neither: of the others it is asked with what stands around them.
            may_begin = token.is_capital or bare in titles or bare.casefold() in given
            last = self.read(place) if may_begin else None
            if last is None:
                place += 1
                continue
            if not self.may_stand(place, last):
                yield self.made(place, last)
            place = last + 1

    def repeated(self, found: list[Found]) -> Iterator[Found]:
        """Give the further places of a name that was told by what stood around it elsewhere."""
        taken = {one.start for one in found}
        keys = {
            key
            for one in found
            for word in one.text.replace("’", "'").split()
            if (key := folded(word.strip(".'"))) and len(key) > 2 and not self.is_ordinary(key)
        } - {title.casefold() for title in _titles()}
        for place, token in enumerate(self.told):
            is_free = token.is_capital and token.start not in taken
            if is_free and token.key in keys and not self.may_stand(place, place):
                yield self.made(place, place)

    def made(self, first: int, last: int) -> Found:
        """Return the find from the word ``first`` to the word ``last``, with an initial's stop."""
        start, end = self.told[first].start, self.told[last].bare_end
        if self.told[last].is_initial and self.text[end : end + 1] == ".":
            end += 1
        return Found(Kind.NAME, self.text[start:end], start, end)

    def may_stand(self, first: int, last: int) -> bool:
        """Tell whether it is a name that may stand, or a book's."""
        parts = [token for token in self.told[first : last + 1] if token.bare not in _titles()]
        if parts and all(part.key in self.known for part in parts):
            return True
        end = self.told[last].bare_end
        return _CITED.match(self.text[end : end + _CITATION_AHEAD]) is not None

    # What each word is by itself.

    def is_ordinary(self, key: str) -> bool:
        return key in words("ordinary") or key in neutral()

    def is_never(self, token: Token) -> bool:
        plain = token.text.replace("’", "'")
        before, _, after = plain.partition("'")
        if after in _SHORTENED and before in _never():
            return True  # «She’ll», which would be Shell without its apostrophe.
        return plain in _never() or token.bare in _never() or token.key in neutral()

    def is_given(self, token: Token) -> bool:
        return not words("given").isdisjoint({token.key, self.parts(token)[0]})

    def is_surname(self, token: Token) -> bool:
        irish = re.match(r"(?:O['’]|Mc|Mac|Fitz)[A-Z]", token.text)
        parts = {token.key.replace("'", ""), *self.parts(token)}
        return irish is not None or not words("surnames").isdisjoint(parts)

    def parts(self, token: Token) -> list[str]:
        """Return the parts of a double name; «Long-term» is one word, not somebody called Long."""
        parts = token.bare.split("-")
        return token.key.split("-") if all(part[:1].isupper() for part in parts) else [token.key]

    # Whether a name begins here, and where it ends.

    def read(self, place: int) -> int | None:
        """Return the place of the last word of the name that begins at ``place``, or None."""
        token = self.told[place]
        if token.bare in _titles():
            return self.after_title(place)
        if not token.is_capital:
            is_given = len(token.bare) > 2 and self.is_given_in_other_letters(place)
            return place if is_given else None
        if token.is_initial:
            return None
        last = self.whole(place)
        if self.is_name(place, last):
            return last
        return None

    def is_given_in_other_letters(self, place: int) -> bool:
        """Tell of a given name in small letters or all capitals whether somebody is meant.

        In small letters a word of kinship has to lead to it; in capitals one, or a verb of speech
        that is not in capitals itself.
        """
        token = self.told[place]
        if self.is_ordinary(token.key) or self.is_never(token) or token.key in _places():
            return False
        if self.is_related(place):
            return True
        return token.bare.isupper() and self.speaks(self.at(place + 1))

    def after_title(self, place: int) -> int | None:
        title, following = self.told[place], self.at(place + 1)
        if following is None or following.gap not in {" ", ". ", "\u00a0", ".\u00a0"}:
            return None
        if not (following.is_capital or following.is_initial):
            return None
        is_plain = title.bare in words("titles") and self.is_surname(following)
        if self.is_never(following) and not is_plain:
            return None
        return self.whole(place + 1)

    def whole(self, first: int) -> int:
        """Return the place of the last word that belongs to the name begun at ``first``."""
        last = first
        while last - first < _MOST_WORDS - 1:
            following, beyond = self.at(last + 1), self.at(last + 2)
            if following is None or self.told[last].is_possessive:
                break
            if self.goes_on(following, after=self.told[last]):
                last += 1
            elif (
                following.text in words("particles")
                and beyond
                and self.goes_on(beyond, after=following)
            ):
                last += 2
            else:
                break
        return last

    def goes_on(self, token: Token, *, after: Token) -> bool:
        """Tell whether ``token`` can be a further word of the name that ``after`` belongs to."""
        closely = token.follows_closely or (after.is_initial and token.gap == ". ")
        if not closely or not (token.is_capital or token.is_initial):
            return False
        return token.is_initial or not self.is_never(token) or self.is_surname_only(token)

    def is_surname_only(self, token: Token) -> bool:
        """Tell whether a word that is never a name by itself can follow a given name."""
        return token.key in {"brown", "black", "white", "young", "little", "day", "north", "west"}

    def is_name(self, first: int, last: int) -> bool:
        token, following = self.told[first], self.at(first + 1)
        if token.key in neutral():
            # A neutral word with a surname is somebody: «Martin Henderson».
            return last > first and self.is_given(token) and self.is_surname(self.told[last])
        if self.is_never(token) or self.is_theorist(first, last):
            return False
        is_plain = not self.is_ordinary(token.key) and token.key not in _places()
        if self.is_given(token):
            return is_plain or self.is_somebody(first, last)
        if is_plain and (self.is_surname(token) or self.is_family(first, following)):
            return True
        return self.is_unknown_name(first, last)

    def is_theorist(self, first: int, last: int) -> bool:
        return first == last and self.told[first].bare in words("theorists")

    def is_family(self, first: int, following: Token | None) -> bool:
        """Tell whether it is a family: «the Hendersons», «the Fotheringham family»."""
        token, before = self.told[first], self.at(first - 1)
        if before is None or before.key != "the" or not token.follows_closely:
            return False
        is_alone = following is None or not following.follows_closely
        if following is not None and not is_alone and following.text in words("households"):
            return True
        if not token.key.endswith("s"):
            return False
        return token.key[:-1] in words("surnames") or (is_alone and len(token.key) > 6)

    def is_somebody(self, first: int, last: int) -> bool:
        """Tell of a name that is an ordinary word too whether somebody is meant."""
        token, before, following = self.told[first], self.at(first - 1), self.at(last + 1)
        if last > first:
            is_named = self.is_surname(self.told[last]) or self.told[last].is_initial
            return is_named and not self.is_determined(token, before)
        if self.speaks(following) or self.owns(first, following):
            return not self.is_determined(token, before)
        if token.begins or self.is_determined(token, before) or token.key in _places():
            return False
        return following is None or not (following.follows_closely and following.is_capital)

    def is_unknown_name(self, first: int, last: int) -> bool:
        """Tell of a word in no list whether what stands around it says that it is a name."""
        token, following = self.told[first], self.at(last + 1)
        if self.is_related(first):
            return True
        if token.begins:
            return self.owns(last, following) and not self.is_ordinary(token.key)
        before = self.at(first - 1)
        if self.is_determined(token, before):
            return False
        if self.is_ordinary(token.key) or token.key in _places():
            return False
        if last > first:
            return all(not self.is_ordinary(one.key) for one in self.told[first + 1 : last + 1])
        return self.speaks(following) or self.owns(last, following)

    def is_determined(self, token: Token, before: Token | None) -> bool:
        return before is not None and token.follows_closely and before.key in words("determiners")

    def is_related(self, first: int) -> bool:
        """Tell whether a word of kinship or of naming stands just before."""
        token, before = self.told[first], self.at(first - 1)
        if before is None or token.begins or token.gap not in {" ", ", ", " (", "\u00a0"}:
            return False
        if before.key in words("naming"):
            return token.gap == " "
        return before.text.casefold() in words("kin") and not before.is_possessive

    def speaks(self, following: Token | None) -> bool:
        return (
            following is not None
            and following.follows_closely
            and following.text in words("speech")
        )

    def owns(self, place: int, following: Token | None) -> bool:
        """Tell whether a possessive goes with kin or what people have: «Tolu's mother»."""
        if following is None or not self.told[place].is_possessive:
            return False
        return following.follows_closely and following.text in words("belongings") | words("kin")


@cache
def _places() -> frozenset[str]:
    """Return the towns that are given names or surnames too."""
    return frozenset(folded(town) for town in words("towns_that_are_words") | words("towns"))
