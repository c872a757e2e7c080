"""Details that have a form of their own: addresses, numbers, dates, ages.

Every repetition is bounded and every pattern is held to where a word begins, so that the longest
text of anything is read in one pass.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator

from reflection.identifiers.kinds import Found, Kind

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:\d{4}|['’]?\d{2})"
_GAP = r"[ \u00a0\u2009().\-–/]{0,3}"
_ORDINAL = _DAY + r"(?:st|nd|rd|th)?"
_DAY_AND_MONTH = (
    r"(?:" + _ORDINAL + r",?\s{1,3}(?:of\s{1,3})?" + _MONTH + r"|" + _MONTH + r"\s{1,3}" + _ORDINAL
) + r")"
DATE = (
    r"(?<![\d/.\-])\d{4}[-/.](?:0?[1-9]|1[0-2])[-/.]" + _DAY + r"(?![\d/\-])"
    r"|(?<![\d/.\-])"
    + _DAY
    + r"(?P<mark>[-/.])(?:0?[1-9]|1[0-2])(?P=mark)\d{2}(?:\d{2})?(?![\d/\-])"
    r"|(?<![\d/.\-])(?:0?[1-9]|1[0-2])/" + _DAY + r"/\d{4}(?![\d/\-])"
    r"|(?<!\w)" + _DAY_AND_MONTH + r",?\s{1,3}" + _YEAR + r"(?!\w)"
)
_STATES = (
    "A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]"
    "|T[NX]|UT|V[AT]|W[AIVY]"
)
_OVER_89 = (
    r"(?:9\d|1[01]\d|ninety(?:[ \-](?:one|two|three|four|five|six|seven|eight|nine))?"
    r"|(?:a|one) hundred(?: and (?:one|two|three|four|five|six|seven|eight|nine|ten))?)"
)
_SOMEBODY = (
    r"(?:she|he|they|who|mother|father|mum|mom|dad|nan|nana|gran|granny|grandma|grandpa|grandad"
    r"|grandmother|grandfather|aunt|auntie|great-aunt|uncle|great-uncle|wife|husband|widow|widower"
    r"|client|patient|neighbour|neighbor|man|woman|lady|gentleman|resident|sister|brother)"
)
# When an age is reached: what stands for the age would not read with it.
_WHEN = (
    r"(?: (?:next (?:week|month|year|spring|summer|autumn|winter)|(?:next|last|this|in) "
    + _MONTH
    + r")(?!\w))?"
)
_NUMBER_WORD = r"(?:\s{0,2}(?:numbers?|num|no|nr|id|ref(?:erence)?|code|#)\.?){0,2}"
_IS = r"(?:\s{0,2}(?:is|was|[:#,–\-=])){0,2}\s{0,2}"

# A pattern may mark the part that counts as ``it``; the rest is what tells it from other numbers.
_ANY_CASE: tuple[tuple[Kind, str], ...] = (
    (Kind.EMAIL, r"(?<![\w.+\-])[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,8}"),
    (
        Kind.WEB,
        r"\bhttps?://[^\s<>\"']{1,300}|\bwww\.[^\s<>\"']{1,300}"
        r"|(?<![\w@.\-])[a-z0-9][a-z0-9\-]{1,62}(?:\.[a-z0-9\-]{1,62}){0,3}"
        r"\.(?:com|org|net|uk|ie|eu|info|io|co)\b(?:/[^\s<>\"']{0,300})?"
        r"|(?<![\w@.])@[a-z0-9_][a-z0-9_.]{2,29}",
    ),
    (Kind.IP, r"(?<![\w.:])(?:\d{1,3}\.){3}\d{1,3}(?![\w.:]*\d)"),
    (Kind.IP, r"(?<![\w.:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])"),
    (Kind.NHS, r"(?<![\d+])\d{3}[ \u00a0\-]?\d{3}[ \u00a0\-]?\d{4}(?!\d)"),
    (Kind.INSURANCE, r"(?<![\d\-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\d\-])"),
    (
        Kind.INSURANCE,
        r"\b(?:ssn|social security)" + _NUMBER_WORD + _IS + r"(?P<it>\d{3}[ \-]?\d\d[ \-]?\d{4})\b",
    ),
    (Kind.ACCOUNT, r"(?<!\w)\d\d-\d\d-\d\d[ ,]{1,2}\d{8}(?!\d)"),
    (Kind.ACCOUNT, r"(?<![\w])(?:\d{4}[ \-]?){3}\d{4}(?!\d)"),
    (
        Kind.ACCOUNT,
        r"\b(?:account|acct|policy|membership|passport|licen[cs]e|badge|booking|invoice|claim"
        r"|registration)" + _NUMBER_WORD + _IS + r"(?P<it>[a-z]{0,4}-?\d[\d\-]{3,14}\d)(?!\w)",
    ),
    (
        Kind.RECORD,
        r"\b(?:mrn|nhs|chi|h&c|hospital|patient|record|chart|file|case|referral|health[ \-]plan"
        r"|rio|emis|systmone)"
        + _NUMBER_WORD
        + _IS
        + r"(?P<it>[a-z]{0,4}-?\d[\d\- ]{3,12}\d)(?!\w)",
    ),
    (
        Kind.BIRTH,
        r"\b(?:born|date of birth|birth ?date|birthday|d\.?o\.?b\.?)"
        r"(?:\s{0,2}(?:is|was|on|the|:|,|=)){0,3}\s{0,2}(?P<it>"
        + DATE
        + r"|"
        + _DAY_AND_MONTH
        + r"(?!\w))",
    ),
    (Kind.DATE, DATE),
    (Kind.PHONE, r"(?<![\w+])(?:\+|00|\(?0)(?:" + _GAP + r"\d){8,14}(?!\d)"),
    (Kind.PHONE, r"(?<![\w+])(?:\(\d{3}\) ?|\d{3}([\-.]))\d{3}[\-. ]\d{4}(?![\d\-])"),
    # Seven figures, as they are dialled within one area; the last four are no year.
    (Kind.PHONE, r"(?<![\w+.\-/])[2-9]\d\d-(?!19\d\d|20\d\d)\d{4}(?![\w\-/])"),
    (Kind.AGE, r"(?<![\w.])" + _OVER_89 + r"[ \-]years?[ \-]old\b"),
    (Kind.AGE, r"\b(?:aged|age of)\s{1,2}" + _OVER_89 + r"(?![\w%]|[.,]\d)"),
    (
        Kind.AGE,
        r"\b" + _SOMEBODY + r"(?:['’]s| is| was| will be| would be| has| had| turned| turns"
        r"| just| now| nearly| almost| already){1,3} (?P<it>" + _OVER_89 + _WHEN + r")"
        r"(?![\w%]|[.,:/]\d| ?(?:per|out|of|minutes?|hours?|days?|weeks?|pounds?|kilos?|kg)\b)",
    ),
    (
        Kind.AGE,
        r"\b(?:"
        + _SOMEBODY
        + r"(?:, | \()|and (?:is|turns|turned)(?: just| now| nearly| almost| already)? )"
        r"(?P<it>" + _OVER_89 + r")(?=[,.;:)]?(?:\s|$))"
        r"(?! ?(?:per ?cent|points?|out|of|in|times|tries|sessions?|people|minutes?|hours?|days?"
        r"|weeks?|months?|miles?|pounds?|kilos?|kg)\b)",
    ),
    (
        Kind.AGE,
        r"\b(?:at|turned|turns) (?P<it>" + _OVER_89 + r")(?=,? (?:she|he|they|her|his|my|in)\b)",
    ),
    (Kind.STREET, r"\bp\.? ?o\.? box \d{1,6}\b"),
    (Kind.POSTCODE, r"(?<!\w)[a-z]{1,2}\d[a-z\d]?[ \u00a0]?\d[abd-hjlnp-uw-z]{2}(?!\w)"),
    (Kind.POSTCODE, r"(?<![\w\-])\d{5}-\d{4}(?![\w\-])"),
    (Kind.POSTCODE, r"\bzip" + _NUMBER_WORD + _IS + r"(?P<it>\d{5}(?:-\d{4})?)(?![\w\-])"),
)
_AS_WRITTEN: tuple[tuple[Kind, str], ...] = (
    # National Insurance (United Kingdom) and Personal Public Service (Ireland) numbers.
    (
        Kind.INSURANCE,
        r"(?<!\w)(?:QQ|[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]) ?\d\d ?\d\d ?\d\d ?[A-D](?!\w)",
    ),
    (Kind.INSURANCE, r"\bPPSN?" + _NUMBER_WORD + _IS + r"(?P<it>\d{7}[A-W][A-IW]?)(?!\w)"),
    (Kind.ACCOUNT, r"(?<!\w)[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"),
    (Kind.ACCOUNT, r"(?<!\w)[A-Z9]{5}\d{6}[A-Z9]{2}\d?[A-Z0-9][A-Z]{2}(?!\w)"),
    (
        Kind.POSTCODE,
        r"(?:(?<!\w)[A-Z][a-z]{2,20}(?: [A-Z][a-z]{2,20})?, )?\b(?:"
        + _STATES
        + r") \d{5}(?:-\d{4})?(?!\w)",
    ),
    (
        Kind.POSTCODE,
        r"(?<!\w)(?:[AC-FHKNPRTVWXY]\d\d|D6W) ?(?=[A-Z0-9]{0,3}\d)[0-9AC-FHKNPRTVWXY]{4}(?!\w)",
    ),
    (Kind.PLATE, r"(?<!\w)[A-Z]{2}\d\d ?[A-Z]{3}(?!\w)"),
    (Kind.PLATE, r"(?<!\w)[A-Z]\d{2,3} [A-Z]{3}(?!\w)"),
)
_COMPILED = [
    *((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _ANY_CASE),
    *((kind, re.compile(pattern)) for kind, pattern in _AS_WRITTEN),
]


def is_nhs_number(text: str) -> bool:
    """Tell whether ``text`` has ten digits of which the last is right (NHS, modulus 11)."""
    digits = [int(character) for character in text if character.isdecimal()]
    if len(digits) != 10:
        return False
    check = 11 - sum(digit * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return check != 10 and check % 11 == digits[9]


def is_network_address(text: str) -> bool:
    """Tell whether ``text`` is an IP address, and no number of a version or a paragraph."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.version == 6:
        return len(text) > 6
    return any(int(part) > 20 for part in text.split("."))


def _is_card_or_account(text: str) -> bool:
    """Tell whether sixteen digits have a card's check digit (Luhn); other forms pass."""
    digits = [int(character) for character in text if character.isdecimal()]
    if len(digits) != 16 or not text.replace(" ", "").replace("-", "").isdecimal():
        return not re.match(r"[A-Z]{2}\d\d ?[A-Z0-9]{4} ", text) or _is_iban(text)
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def _is_iban(text: str) -> bool:
    """Tell whether an international account number's check digits are right (modulus 97)."""
    plain = text.replace(" ", "")
    turned = "".join(str(int(character, 36)) for character in plain[4:] + plain[:4])
    return int(turned) % 97 == 1


_ACCEPTS: dict[Kind, Callable[[str], bool]] = {
    Kind.NHS: is_nhs_number,
    Kind.IP: is_network_address,
    Kind.ACCOUNT: _is_card_or_account,
}


# Most texts hold no figure and no address, and the others few: what cannot be there is not looked
# for, and a form is looked for around the figures alone. No form reaches further than this from
# the figure it holds.
_BEFORE, _AFTER = 160, 80
_FIGURE = re.compile(r"\d+")
_IN_WORDS = re.compile(r"ninety|hundred", re.IGNORECASE)
_ADDRESS = re.compile(r"@|://|(?<=\w)\.\w")
_ADDRESSES = frozenset({Kind.EMAIL, Kind.WEB})


def find_forms(text: str) -> Iterator[Found]:
    """Yield what in ``text`` has the form of an identifying number or address; some overlap."""
    whole = [(0, len(text))] if _ADDRESS.search(text) else []
    around = _around_figures(text)
    for kind, pattern in _COMPILED:
        accepts = _ACCEPTS.get(kind)
        marks_it = "it" in pattern.groupindex
        for begin, end in whole if kind in _ADDRESSES else around:
            for match in pattern.finditer(text, begin, end):
                start, stop = match.span("it" if marks_it else 0)
                words = text[start:stop].rstrip(".,;:!?)")
                if accepts is None or accepts(words):
                    yield Found(kind, words, start, start + len(words))


def _around_figures(text: str) -> list[tuple[int, int]]:
    """Return the parts of ``text`` that have a figure in reach, in order, none touching another."""
    parts: list[tuple[int, int]] = []
    figures = list(_FIGURE.finditer(text))
    plain = text.casefold()
    if "ninety" in plain or "hundred" in plain:
        figures = sorted([*figures, *_IN_WORDS.finditer(text)], key=re.Match.start)
    for figure in figures:
        begin, end = max(figure.start() - _BEFORE, 0), min(figure.end() + _AFTER, len(text))
        if parts and begin <= parts[-1][1]:
            parts[-1] = (parts[-1][0], end)
        else:
            parts.append((begin, end))
    return parts
