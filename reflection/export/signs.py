"""Signs that none of the book's fonts has: put into words, so that no box stands without a word.

A box says nothing to anybody, and the standard for readable PDFs (PDF/UA) allows none.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from struct import unpack_from
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

FONTS = Path(__file__).parent / "fonts"
# They have no shape of their own: joiners, selectors of a variant, marks of direction.
_WITHOUT_SHAPE = re.compile(r"[\s\u034f\u180b-\u180f\ufe00-\ufe0f\U000e0000-\U000e0fff]")
# What the writing of a sign is called, by the first word of the name it has in Unicode.
_WRITINGS: dict[str, Promise] = {
    "CJK": _("Chinese or Japanese"),
    "IDEOGRAPHIC": _("Chinese or Japanese"),
    "FULLWIDTH": _("Chinese or Japanese"),
    "HIRAGANA": _("Chinese or Japanese"),
    "KATAKANA": _("Chinese or Japanese"),
    "KATAKANA-HIRAGANA": _("Chinese or Japanese"),
    "HANGUL": _("Korean"),
    "DEVANAGARI": _("Devanagari"),
    "BENGALI": _("Bengali"),
    "GURMUKHI": _("Gurmukhi"),
    "GUJARATI": _("Gujarati"),
    "TAMIL": _("Tamil"),
    "TELUGU": _("Telugu"),
    "KANNADA": _("Kannada"),
    "MALAYALAM": _("Malayalam"),
    "SINHALA": _("Sinhala"),
    "THAI": _("Thai"),
    "LAO": _("Lao"),
    "MYANMAR": _("Burmese"),
    "KHMER": _("Khmer"),
    "ETHIOPIC": _("Ethiopic"),
    "ARMENIAN": _("Armenian"),
    "GEORGIAN": _("Georgian"),
    "TIBETAN": _("Tibetan"),
}


@cache
def covered() -> frozenset[int]:
    """Return the code points that one of the book's fonts has a shape for."""
    return frozenset(
        point for path in FONTS.glob("*.ttf") for point in _points_of(path.read_bytes())
    )


def is_drawn(sign: str) -> bool:
    """Tell whether a sign has a shape in one of the fonts, or needs none."""
    if ord(sign) in covered() or unicodedata.category(sign) == "Cf":
        return True
    return _WITHOUT_SHAPE.match(sign) is not None


def writing_of(sign: str) -> str:
    """Return which writing a sign belongs to, in words; nothing where Mend has no word for it."""
    first = unicodedata.name(sign, "").split(" ")[0]
    return str(_WRITINGS.get(first, ""))


def in_words(data: Any, told: Counter[str]) -> Any:
    """Return ``data`` with words for signs that cannot be drawn, in all its texts.

    ``told`` counts them by what they are called.
    """
    if isinstance(data, str):
        return data if _is_drawn_whole(data) else "".join(_pieces(data, told))
    if isinstance(data, dict):
        return {key: in_words(value, told) for key, value in data.items()}
    return [in_words(one, told) for one in data] if isinstance(data, list | tuple) else data


def _is_drawn_whole(text: str) -> bool:
    return text.isascii() or covered().issuperset(map(ord, text))


def _pieces(text: str, told: Counter[str]) -> Iterator[str]:
    """Give ``text`` in stretches: what is drawn as it is, of the rest how much of what it was."""
    for writing, stretch in groupby(text, lambda one: None if is_drawn(one) else writing_of(one)):
        signs = "".join(stretch)
        if writing is None:
            yield signs
            continue
        told[writing] += len(signs)
        yield f"[{_named(writing, len(signs))}]"


def _named(writing: str, number: int) -> str:
    said = {"number": number, "writing": writing}
    if not writing:
        return ngettext("%(number)d other sign", "%(number)d other signs", number) % said
    return ngettext("%(number)d %(writing)s sign", "%(number)d %(writing)s signs", number) % said


def warning(told: Counter[str]) -> list[str]:
    """Return what the book says of them on its first page, if there are any."""
    if not told:
        return []
    said = ", ".join(_named(writing, told[writing]) for writing in sorted(told, reverse=True))
    return [
        gettext(
            "This file has no letters for some of what you wrote: %(signs)s. In their place it "
            "says so in brackets. Markdown and JSON have every letter."
        )
        % {"signs": said}
    ]


def _points_of(font: bytes) -> Iterator[int]:
    """Give the code points of a TrueType font, from its table ``cmap`` (OpenType 1.9)."""
    (tables,) = unpack_from(">H", font, 4)
    start = next(
        unpack_from(">I", font, 12 + 16 * number + 8)[0]
        for number in range(tables)
        if font[12 + 16 * number : 16 + 16 * number] == b"cmap"
    )
    (parts,) = unpack_from(">H", font, start + 2)
    for number in range(parts):
        at = start + unpack_from(">I", font, start + 4 + 8 * number + 4)[0]
        (shape,) = unpack_from(">H", font, at)
        if shape == 4:
            yield from _by_segments(font, at)
        elif shape == 12:
            (groups,) = unpack_from(">I", font, at + 12)
            for group in range(groups):
                first, last = unpack_from(">II", font, at + 16 + 12 * group)
                yield from range(first, last + 1)


def _by_segments(font: bytes, at: int) -> Iterator[int]:
    (twice,) = unpack_from(">H", font, at + 6)
    for place in range(0, twice, 2):
        (last,) = unpack_from(">H", font, at + 14 + place)
        (first,) = unpack_from(">H", font, at + 16 + twice + place)
        (delta,) = unpack_from(">h", font, at + 16 + 2 * twice + place)
        slot = at + 16 + 3 * twice + place
        (offset,) = unpack_from(">H", font, slot)
        for point in range(first, min(last, 0xFFFE) + 1):
            glyph = point
            if offset:
                (glyph,) = unpack_from(">H", font, slot + offset + 2 * (point - first))
            if glyph and (glyph + delta) & 0xFFFF:
                yield point
