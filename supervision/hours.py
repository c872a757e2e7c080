"""Hours of supervision by month and year, and the records of them. Nothing of what was said."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext as _

from accounts.models import User
from supervision.models import Agreement, Facts, SupervisionMeeting
from supervision.sheet import Part, Sheet, Table, lay_out
from supervision.signed import Compared, compare, form_said, when

# A cell that begins so is a formula to a spreadsheet (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Tally:
    """How many meetings took place and how many minutes, those both signed apart.

    ``changed``: so many of them are not stored as they were signed; what was signed is counted.
    """

    meetings: int = 0
    signed: int = 0
    unsigned: int = 0
    changed: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.meetings + other.meetings,
            self.signed + other.signed,
            self.unsigned + other.unsigned,
            self.changed + other.changed,
        )

    @property
    def minutes(self) -> int:
        """All minutes, signed or not."""
        return self.signed + self.unsigned


def in_hours(minutes: int) -> str:
    """Return minutes as hours and minutes, such as "1 h 40 min"."""
    hours, rest = divmod(minutes, 60)
    if not rest:
        return _("%(hours)d h") % {"hours": hours}
    if not hours:
        return _("%(minutes)d min") % {"minutes": rest}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}


@dataclass(frozen=True)
class Together:
    """What two people have in one year: ``months`` holds those with a meeting, in order."""

    person: User
    is_supervisor: bool
    months: list[tuple[date, Tally]]

    @property
    def total(self) -> Tally:
        """The whole year's."""
        return sum((tally for _month, tally in self.months), Tally())


@dataclass(frozen=True)
class Hours:
    """The hours of one person: each year's tally, the latest first, and one year by people."""

    years: list[tuple[int, Tally]]
    year: int
    people: list[Together]

    @property
    def supervisors(self) -> list[Together]:
        """Those who supervise this person."""
        return [one for one in self.people if one.is_supervisor]

    @property
    def supervisees(self) -> list[Together]:
        """Those whom this person supervises."""
        return [one for one in self.people if not one.is_supervisor]

    @property
    def changed(self) -> int:
        """How many meetings of all years are not stored as they were signed."""
        return sum(tally.changed for _year, tally in self.years)


def hours_of(user: User, year: int | None = None) -> Hours:
    """Return ``user``'s hours in the months of their own time zone; two queries.

    What was signed is counted as it was kept; `lines_of` compares its digest as well.
    """
    zone = timezone.get_current_timezone()
    years: dict[int, Tally] = defaultdict(Tally)
    by_person: dict[tuple[UUID, bool], dict[date, Tally]] = defaultdict(lambda: defaultdict(Tally))
    rows = list(SupervisionMeeting.objects.tallied(user, zone))
    wanted = year or max((row["month"].year for row in rows), default=timezone.localdate().year)
    for row in rows:
        tally = _tally_of(row)
        month = row["month"].date()
        years[month.year] += tally
        if month.year == wanted:
            is_supervisor = row["agreement__supervisee"] == user.pk
            other = row["agreement__supervisor" if is_supervisor else "agreement__supervisee"]
            by_person[other, is_supervisor][month] += tally
    names = User.objects.in_bulk([pk for pk, _is_supervisor in by_person])
    people = [
        Together(names[pk], is_supervisor, sorted(months.items()))
        for (pk, is_supervisor), months in by_person.items()
    ]
    people.sort(key=lambda one: (not one.is_supervisor, one.person.get_full_name(), one.person.pk))
    return Hours(sorted(years.items(), reverse=True), wanted, people)


def _tally_of(row: Mapping[str, Any]) -> Tally:
    meetings, signed = row["meetings"], row["signed"]
    return Tally(meetings, signed, row["minutes"] - signed, meetings - row["as_signed"])


# --- Records -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One meeting in a record: facts, who, and when each signed it, by what was signed.

    ``differs`` says, in sentences, what is stored otherwise.
    """

    compared: Compared

    @property
    def facts(self) -> Facts:
        """What was signed, or, where nobody did, what stands."""
        return self.compared.facts

    @cached_property
    def differs(self) -> list[str]:
        """What is stored otherwise than it was signed."""
        return self.compared.differs

    @property
    def digest(self) -> str:
        """The digest that was signed, if any was."""
        return self.compared.digest

    @property
    def agreement(self) -> Agreement:
        """Whose meeting it was."""
        return self.compared.meeting.agreement

    @property
    def day(self) -> date:
        """The day it began, where the person is."""
        return timezone.localtime(self.facts.starts_at).date()

    @property
    def begun(self) -> str:
        """The time it began, where the person is."""
        return f"{timezone.localtime(self.facts.starts_at):%H:%M}"

    @property
    def form(self) -> str:
        """In which form they met, in words."""
        return form_said(self.facts.format)

    @property
    def supervisee(self) -> str:
        return self.agreement.supervisee.get_full_name()

    @property
    def supervisor(self) -> str:
        return self.agreement.supervisor.get_full_name()

    @property
    def is_signed(self) -> bool:
        """Whether both signed it."""
        return self.compared.is_signed

    def signed_on(self, side: str) -> date | None:
        """Return the day on which ``side`` signed, if they did."""
        at = self.compared.signed_at(side)
        return timezone.localtime(at).date() if at else None


def year_of(year: int) -> tuple[datetime, datetime]:
    """Return the first moment of a year and of the next, where the person is."""
    first, following = (datetime(one, 1, 1) for one in (year, year + 1))  # noqa: DTZ001
    return timezone.make_aware(first), timezone.make_aware(following)


def lines_of(user: User, year: int, other: UUID | None = None) -> list[Line]:
    """Return ``user``'s meetings that took place in ``year``, with ``other`` alone if given.

    Two queries. What was signed stands in its own year, wherever its row may have been moved to.
    """
    since, until = year_of(year)
    found = SupervisionMeeting.objects.of_party(user).counted_between(since, until)
    if other is not None:
        found = found.together_with(other)
    lines = [Line(one) for one in compare(found.to_compare())]
    inside = (line for line in lines if since <= line.facts.starts_at < until)
    return sorted(inside, key=lambda line: (line.facts.starts_at, line.compared.meeting.pk))


def as_csv(lines: Iterable[Line]) -> str:
    """Return the record as a table for a spreadsheet. No cell can be taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        [
            _("Day"),
            _("Began"),
            _("Minutes"),
            _("Form"),
            _("Supervisee"),
            _("Supervisor"),
            _("Supervisee signed on"),
            _("Supervisor signed on"),
            _("SHA-256 of the signed record"),
            _("Not as it was signed"),
        ]
    )
    for line in lines:
        signed = (line.signed_on("supervisee"), line.signed_on("supervisor"))
        cells = [
            line.day.isoformat(),
            line.begun,
            line.facts.duration,
            line.form,
            line.supervisee,
            line.supervisor,
            *(day.isoformat() if day else "" for day in signed),
            line.digest,
            " ".join(line.differs),
        ]
        writer.writerow([_harmless(cell) for cell in cells])
    return f"\ufeff{text.getvalue()}"  # By its mark a spreadsheet knows that it is UTF-8.


def _harmless(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    is_formula = cell.startswith(FORMULA) or cell.lstrip().startswith(FORMULA)
    return f"'{cell}" if is_formula else cell


def as_sheet(user: User, year: int, lines: list[Line]) -> Sheet:
    """Return what the typesetter makes the record's pages of."""
    signed = sum(line.facts.duration for line in lines if line.is_signed)
    every = sum(line.facts.duration for line in lines)
    number = len(lines)
    none = Part(title="", said=(gettext("No meeting took place."),))
    return lay_out(
        user,
        title=gettext("Record of supervision %(year)d") % {"year": year},
        about=(
            ngettext("%(number)d meeting", "%(number)d meetings", number) % {"number": number},
            gettext("Signed by both: %(hours)s") % {"hours": in_hours(signed)},
            gettext("Not signed by both: %(hours)s") % {"hours": in_hours(every - signed)},
            *_warning(lines),
        ),
        parts=tuple(_part(title, rows) for title, rows in _by_people(user, lines)) or (none,),
        note=gettext(
            "This record holds days, lengths, forms, people and signatures, and nothing of what "
            "was talked about. A signature in Mend was given by somebody signed in to their "
            "account; the code is the beginning of the SHA-256 of the record they signed. Of what "
            "was signed it says what they signed, also where something else is stored now."
        ),
    )


def _warning(lines: list[Line]) -> tuple[str, ...]:
    """Return how many of ``lines`` are not stored as they were signed, if any."""
    number = sum(bool(line.differs) for line in lines)
    said = ngettext(
        "%(number)d meeting is not stored as it was signed",
        "%(number)d meetings are not stored as they were signed",
        number,
    )
    return (said % {"number": number},) if number else ()


def _by_people(user: User, lines: list[Line]) -> list[tuple[str, list[Line]]]:
    groups: dict[tuple[bool, str, UUID], list[Line]] = defaultdict(list)
    for line in lines:
        agreement = line.agreement
        supervises = agreement.supervisor_id == user.pk
        other = agreement.supervisee if supervises else agreement.supervisor
        groups[supervises, other.get_full_name(), other.pk].append(line)
    made = []
    for (supervises, name, _pk), rows in sorted(groups.items(), key=lambda one: str(one[0])):
        said = gettext("Supervision of %(name)s") if supervises else gettext("With %(name)s")
        made.append((said % {"name": name}, rows))
    return made


def _part(title: str, lines: list[Line]) -> Part:
    rows = (
        (
            date_format(line.day, "j M Y"),
            line.begun,
            in_hours(line.facts.duration),
            line.form,
            _day(line.signed_on("supervisee")),
            _day(line.signed_on("supervisor")),
            line.digest[:12],
        )
        for line in lines
    )
    columns = (
        gettext("Day"),
        gettext("Began"),
        gettext("Length"),
        gettext("Form"),
        gettext("Signed by supervisee"),
        gettext("Signed by supervisor"),
        gettext("Code"),
    )
    total = in_hours(sum(line.facts.duration for line in lines))
    differs = (
        f"{when(line.facts.starts_at)}: {' '.join(line.differs)}" for line in lines if line.differs
    )
    return Part(
        title=title,
        said=tuple(differs),
        table=Table(columns=columns, rows=tuple(rows), widest=3, code=6),
        total=gettext("Together: %(hours)s") % {"hours": total},
    )


def _day(day: date | None) -> str:
    return date_format(day, "j M Y") if day else "–"
