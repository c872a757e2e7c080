"""What sorts of detail there are, and what is said of each."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(StrEnum):
    """What sort of identifying detail was found. Earlier ones win where two overlap."""

    WORD = "word"
    EMAIL = "email"
    WEB = "web"
    IP = "ip"
    NHS = "nhs"
    INSURANCE = "insurance"
    ACCOUNT = "account"
    RECORD = "record"
    BIRTH = "birth"
    DATE = "date"
    PHONE = "phone"
    AGE = "age"
    STREET = "street"
    POSTCODE = "postcode"
    PLATE = "plate"
    PLACE = "place"
    TOWN = "town"
    NAME = "name"


NAMES: dict[Kind, Promise] = {
    Kind.WORD: _("a word you watch for"),
    Kind.EMAIL: _("an e-mail address"),
    Kind.WEB: _("a web address or account"),
    Kind.IP: _("a network address"),
    Kind.NHS: _("an NHS number"),
    Kind.INSURANCE: _("a social security or insurance number"),
    Kind.ACCOUNT: _("an account or licence number"),
    Kind.RECORD: _("a record number"),
    Kind.BIRTH: _("a date of birth"),
    Kind.DATE: _("a full date"),
    Kind.PHONE: _("a telephone number"),
    Kind.AGE: _("an age over 89"),
    Kind.STREET: _("a street address"),
    Kind.POSTCODE: _("a postcode"),
    Kind.PLATE: _("a number plate"),
    Kind.PLACE: _("a school, hospital or firm"),
    Kind.TOWN: _("a town or county"),
    Kind.NAME: _("a name"),
}
_SEARCHED = _("It belongs to one person or household, and can be searched for.")
_FOR_LIFE = _("It belongs to one person for life.")
REASONS: dict[Kind, Promise] = {
    Kind.WORD: _("You put it on your list of words to watch."),
    Kind.EMAIL: _("It belongs to one person, and can be searched for."),
    Kind.WEB: _("It can lead straight to a person or their workplace."),
    Kind.IP: _("It can lead to one household."),
    Kind.NHS: _FOR_LIFE,
    Kind.INSURANCE: _FOR_LIFE,
    Kind.ACCOUNT: _("It belongs to one person, and others hold it beside their name."),
    Kind.RECORD: _("It leads to one person’s record."),
    Kind.BIRTH: _("Few people share it; with a place it names one."),
    Kind.DATE: _("With a place or an age, one day can be enough to tell who it was."),
    Kind.PHONE: _SEARCHED,
    Kind.AGE: _("Few people reach it, so it stands out."),
    Kind.STREET: _("It leads to one home or a few."),
    Kind.POSTCODE: _("It narrows a home down to about fifteen doors."),
    Kind.PLATE: _SEARCHED,
    Kind.PLACE: _("It narrows down to those who work, learn or are treated there."),
    Kind.TOWN: _("With an unusual detail, a town can be enough."),
    Kind.NAME: _("A first name alone can be enough for somebody who knows them."),
}


@dataclass(frozen=True)
class Found:
    """One detail: its kind and where it stands in the text (``text[start:end]``).

    ``suggestion`` is what could stand there instead; it fits the place, never the person.
    """

    kind: Kind
    text: str
    start: int
    end: int
    suggestion: str = ""

    @property
    def name(self) -> Promise:
        """What it looks like, in words: "a postcode"."""
        return NAMES[self.kind]

    @property
    def reason(self) -> Promise:
        """Why it may identify somebody."""
        return REASONS[self.kind]
