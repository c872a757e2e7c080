"""The hand that types: every text it writes is marked and remembered."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.canaries.browser import Answer, Browser, Control, Form, Place, route
from tests.canaries.installation import Installation
from tests.canaries.marks import Marks

CAST = ("mira", "okafor", "jonas", "ada", "rune", "operator")

# Text fields that keep what is typed in clear, and why. A canary belongs in every other one.
IN_CLEAR: dict[Place, str] = {
    ("account_security", "name"): "the name that others know one by",
    ("account_signup", "name"): "the name that others know one by",
    ("account_signup", "email"): "the address one signs in with; disabled when invited",
    ("account_login", "login"): "the address one signs in with",
    ("account_email", "email"): "the address one signs in with",
    ("account_reset_password", "email"): "a mail goes to this address",
    ("clinic_invite", "name"): "the name that others know one by",
    ("clinic_invite", "email"): "a mail goes to this address",
    ("agreement_new", "email"): "a mail goes to this address",
    ("group_new", "name"): "the label of a group, which its form says is not encrypted",
    ("record_read", "noted"): "a hash of the record, compared and not kept",
}


@dataclass
class Hand:
    """What is typed on an installation, by whom, and every answer to it.

    ``typed`` are the places that got a canary, ``typed_at`` the place of each text by its number,
    ``stored`` the numbers of the texts that were saved and stand, ``secrets`` what else may be
    found nowhere: recovery codes. ``control`` is another mark, for what may be found. ``apart``
    are the pages where Mira reads what stands neither in ``entries`` nor in ``shares``, ``held``
    the numbers of what Okafor wrote and holds back. ``along`` are the copies that Jonas was let
    read along, ``shown_along`` the numbers of all that stands in them and beside them.
    """

    mend: Installation
    marks: Marks = field(default_factory=Marks)
    answers: list[Answer] = field(default_factory=list)
    people: dict[str, Browser] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    typed: set[Place] = field(default_factory=set)
    typed_at: dict[int, Place] = field(default_factory=dict)
    stored: set[int] = field(default_factory=set)
    entries: list[str] = field(default_factory=list)
    shares: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    held: set[int] = field(default_factory=set)
    along: list[str] = field(default_factory=list)
    shown_along: set[int] = field(default_factory=set)
    control: Marks = field(default_factory=Marks)

    def __post_init__(self) -> None:
        for number, who in enumerate((*CAST, "nell", "visitor")):
            self.people[who] = Browser(self.mend, who, self.answers, number + 1)
            self.passwords[who] = self.marks.password()

    @property
    def mira(self) -> Browser:
        """The browser of who keeps the journal."""
        return self.people["mira"]

    @property
    def okafor(self) -> Browser:
        """The browser of her supervisor."""
        return self.people["okafor"]

    def fill(self, form: Form, *, stays: bool = True, **given: Any) -> dict[str, Any]:
        """Return what ``form`` posts with a canary in each text field and a choice everywhere.

        ``given`` is typed or chosen instead. ``stays`` says that it will be saved and stand.
        """
        data: dict[str, Any] = {}
        before = len(self.marks.given)
        for control in form.controls.values():
            if control.name == "csrfmiddlewaretoken":
                continue
            place = (route(form.action), control.name)
            if control.name in given:
                data[control.name] = given[control.name]
            elif control.name == "tags":
                data[control.name] = self.marks.tag()
            elif control.is_text and control.kind != "password" and place not in IN_CLEAR:
                data[control.name] = self.marks.new(lines=control.kind == "textarea")
            else:
                data[control.name] = _chosen(control)
            if control.is_text and self.marks.mark in str(data[control.name]):
                self.typed.add(place)
                self.typed_at |= dict.fromkeys(
                    self.marks.numbers_in(str(data[control.name])), place
                )
        if stays:
            self.stored |= set(range(before, len(self.marks.given)))
        return {name: value for name, value in (data | given).items() if value is not None}

    def write(
        self, who: Browser, path: str, holding: str, *, stays: bool = True, **given: Any
    ) -> Answer:
        """Open the page at ``path``, fill its form that has ``holding``, and post it."""
        form = who.get(path).page.form(holding)
        return who.post(form.action, self.fill(form, stays=stays, **given))

    def badly(self, answer: Answer, *statuses: int, text: str = "") -> None:
        """Hold a post that went wrong to its status, and to giving ``text`` back."""
        assert answer.status in statuses, answer.told
        if text:
            assert text in answer.page.text, f"what was typed is lost: {answer.told}"

    def bad(self, form: Form, **given: Any) -> tuple[dict[str, Any], str]:
        """Return a marked post that is not to be saved, and one text of it."""
        data = self.fill(form, stays=False, **given)
        return data, self.text_in(data)

    def text_in(self, data: dict[str, Any]) -> str:
        """Return one marked text of a post."""
        values = (
            one for held in data.values() for one in (held if isinstance(held, list) else [held])
        )
        return next(str(one) for one in values if self.marks.mark in str(one))

    def passage(self, pk: str, slug: str) -> Form:
        """Return the form of a passage, as Mira opens it."""
        return self.mira.get(f"/journal/{pk}/{slug}/").page.form("revision")

    def forget_stored_in(self, pk: str, *slugs: str) -> None:
        """Note that what stood in these passages no longer does."""
        for slug in slugs:
            for control in self.passage(pk, slug).controls.values():
                self.stored -= self.marks.numbers_in(control.value)


def _chosen(control: Control) -> Any:
    last = next((one for one in reversed(control.options) if one), "")
    chosen: dict[str, Callable[[], Any]] = {
        "checkbox": lambda: control.options,
        "radio": lambda: last,
        "select": lambda: last,
        "date": lambda: date.today().isoformat(),  # noqa: DTZ011 (theirs, as a browser would)
    }
    return chosen.get(control.kind, lambda: control.values)()
