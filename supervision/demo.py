"""The demo clinic: what its files tell, done through the real actions and dated as they say.

The story is a list of steps, each with its moment. They are done in order; then whatever the last
one stamped with the present is dated back to its moment. Nothing in it is written past the vault:
entries, copies and comments are as encrypted as anybody's.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import invite, record, roles
from accounts.models import (
    AccountEvent,
    Clinic,
    Membership,
    OutgoingMail,
    User,
)
from reflection.actions import begin_entry, finish_entry, look_back
from reflection.demo import (
    DemoDocuments,
    Vignette,
    read_vignettes,
    told_day,
    told_moment,
    unwrapped,
)
from reflection.document import Label, LookBack
from reflection.findings import Allowance
from reflection.models import Entry
from reflection.queries.guide import guide
from supervision.actions.agreement import accept_agreement, propose_agreement
from supervision.actions.comment import add_comment, hold_comment, react
from supervision.actions.notification import purge_notifications
from supervision.actions.share import note_opening, revoke_share, share_passages
from supervision.chain import BEFORE_THE_FIRST, hash_of
from supervision.demo_groups import DemoGroup, GroupTold, read_groups, told_readers
from supervision.demo_meetings import Cast, meeting_steps, read_meetings
from supervision.frozen import Reader, Terms, check_identifiers, count_kinds, freeze
from supervision.models import (
    Agreement,
    Comment,
    ConsentWording,
    Notification,
    Reaction,
    Record,
    Share,
    ShareEvent,
)
from supervision.said import Anchor, find_words
from vault import crypto
from vault.actions import confirm_recovery_code, make_vault, new_recovery_code
from vault.crypto import VaultKeys

FOLDER: Path = settings.BASE_DIR / "fixtures" / "demo"
# What happened longer ago everybody has seen.
STILL_NEW = timedelta(days=7)
APPS = ("vault", "accounts", "reflection", "supervision")


class DemoRefused(Exception):
    """The demo does not belong here; ``str()`` is why, for the person who asked for it."""


# --- What the files tell -------------------------------------------------------------------------


class _Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file says; a misspelt field is refused rather than lost."""


class ClinicTold(_Told, frozen=True):
    """A clinic, by the ``key`` that the other files know it by."""

    key: str
    name: str
    opened: str


class PersonTold(_Told, frozen=True):
    """A person, by ``key``, and their place in a clinic."""

    key: str
    email: str
    name: str
    clinic: str
    joined: str
    is_clinician: bool = True
    is_admin: bool = False


class InvitationTold(_Told, frozen=True):
    """An invitation nobody has answered yet."""

    clinic: str
    by: str
    email: str
    name: str
    sent: str
    is_clinician: bool = True
    is_admin: bool = False


class PeopleTold(_Told, frozen=True):
    """``people.yaml``."""

    password: str
    clinics: tuple[ClinicTold, ...]
    people: tuple[PersonTold, ...]
    invitations: tuple[InvitationTold, ...]


class AgreementTold(_Told, frozen=True):
    """A supervision agreement; without ``accepted`` it still waits for the other's answer."""

    supervisee: str
    supervisor: str
    proposed_by: str
    proposed: str
    accepted: str = ""

    @property
    def accepted_by(self) -> str:
        """The key of the one who did not propose."""
        return self.supervisor if self.proposed_by == self.supervisee else self.supervisee


class CommentTold(_Told, frozen=True):
    """A comment on a passage, or (without ``passage``) an answer to one.

    ``about`` are the words it is about, ``lens`` what it looks at, ``answered`` the reactions to
    it. One that is ``held`` was not sent.
    """

    by: str
    written: str
    text: str
    passage: str = ""
    about: str = ""
    lens: str = ""
    held: bool = False
    answered: tuple[Reaction.Kind, ...] = ()
    replies: tuple["CommentTold", ...] = ()


class AlongTold(_Told, frozen=True):
    """A member of a group who reads a share along, and when they opened it."""

    person: str
    opened: tuple[str, ...] = ()


class ShareTold(_Told, frozen=True):
    """A share of an entry, named by its file, and what became of it."""

    entry: str
    supervisor: str
    passages: tuple[str, ...]
    purpose: Share.Purpose
    attestation: Share.Attestation
    shared: str
    until_days: int
    note: str = ""
    along: tuple[AlongTold, ...] = ()
    opened: tuple[str, ...] = ()
    comments: tuple[CommentTold, ...] = ()
    taken_back: str = ""


class SharesTold(_Told, frozen=True):
    """``shares.yaml``."""

    agreements: tuple[AgreementTold, ...]
    shares: tuple[ShareTold, ...]


# --- The story -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """One of the demo's accounts, as its maker is told of it, once."""

    name: str
    email: str
    clinic: str
    roles: str
    recovery_code: str


class Member(NamedTuple):
    """A person of the demo with their vault open."""

    user: User
    reader: Reader
    account: Account

    @property
    def keys(self) -> VaultKeys:
        """The keys of their vault."""
        return self.reader.keys


class Step(NamedTuple):
    """Something that happened, when, and how it is done. Mails of the past are not sent."""

    at: datetime
    act: Callable[[], object]
    sends_mail: bool = False


def _people() -> PeopleTold:
    return msgspec.yaml.decode((FOLDER / "people.yaml").read_bytes(), type=PeopleTold)


def demo_password() -> str:
    """Return the password that every account of the demo has."""
    return _people().password


class DemoClinic:
    """Everything the demo's files tell, on its way into the database."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.zone = ZoneInfo(timezone.get_default_timezone_name())
        self.documents = DemoDocuments(guide(), today, self.zone)
        self.people = _people()
        self.supervision = msgspec.yaml.decode(
            (FOLDER / "shares.yaml").read_bytes(), type=SharesTold
        )
        self.vignettes = read_vignettes(FOLDER / "entries")
        self.clinics: dict[str, Clinic] = {}
        self.members: dict[str, Member] = {}
        self.entries: dict[str, Entry] = {}
        self.agreements: dict[tuple[str, str], Agreement] = {}
        self.shares: dict[str, Share] = {}

    def seed(self) -> list[Account]:
        """Do every step in its order and return the accounts. Call it in a transaction."""
        clock = _Clock()
        for step in sorted(self._steps(), key=lambda step: step.at):
            step.act()
            if step.at < clock.began - STILL_NEW:
                Notification.objects.unseen().update(seen_at=timezone.now())
            clock.date_back(step.at)
            if not step.sends_mail:
                OutgoingMail.objects.filter(created_at__gte=clock.looked_at).delete()
            clock.looked_at = timezone.now()
        purge_notifications()
        for kept in Record.objects.order_by("pk"):
            _chain_again(kept)
        return [self.members[person.key].account for person in self.people.people]

    def _at(self, told: str) -> datetime:
        return told_moment(told, self.today, self.zone)

    def _steps(self) -> Iterator[Step]:
        for clinic in self.people.clinics:
            yield Step(self._at(clinic.opened), partial(self._open_clinic, clinic))
        for person in self.people.people:
            yield Step(self._at(person.joined), partial(self._join, person))
        for invitation in self.people.invitations:
            yield Step(self._at(invitation.sent), partial(self._invite, invitation), True)
        for name, vignette in self.vignettes.items():
            yield from self._entry_steps(name, vignette)
        for agreement in self.supervision.agreements:
            yield from self._agreement_steps(agreement)
        for group in read_groups(FOLDER):
            for at, act in self._demo_group(group).steps(self._at):
                yield Step(at, act)
        for share in self.supervision.shares:
            yield from self._share_steps(share)
        for at, act in meeting_steps(read_meetings(FOLDER), self._cast()):
            yield Step(at, act)

    # People

    def _open_clinic(self, told: ClinicTold) -> None:
        self.clinics[told.key] = Clinic.objects.create(name=told.name)

    def _join(self, told: PersonTold) -> None:
        """Make the person, their place and their vault, its recovery code typed back."""
        password = self.people.password
        user = User.objects.create_user(told.email, password, name=told.name)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        clinic = self.clinics[told.clinic]
        given = {"is_clinician": told.is_clinician, "is_admin": told.is_admin}
        Membership.objects.create(user=user, clinic=clinic, **given)
        record(AccountEvent.Kind.JOINED, user=user, by=user, clinic=clinic, detail=roles(**given))
        vault, keys = make_vault(user=user, password=password)
        code = new_recovery_code(vault=vault, keys=keys)
        confirm_recovery_code(vault=vault, typed=code)
        account = Account(user.name, user.email, clinic.name, roles(**given), code)
        self.members[told.key] = Member(user, Reader(user.pk, vault, keys), account)

    def _invite(self, told: InvitationTold) -> None:
        invite(
            clinic=self.clinics[told.clinic],
            email=told.email,
            name=told.name,
            is_clinician=told.is_clinician,
            is_admin=told.is_admin,
            by=self.members[told.by].user,
            at=self._at(told.sent),
        )

    # Entries

    def _entry_steps(self, name: str, told: Vignette) -> Iterator[Step]:
        yield Step(self._at(told.begun), partial(self._begin, name, told))
        if told.finished:
            yield Step(self._at(told.finished), partial(self._finish, name, told))
        for look in (self.documents.look_back(look) for look in told.looking_back):
            yield Step(look.noted_at, partial(self._look_back, name, told, look))

    def _follow_up(self, told: Vignette) -> date | None:
        return told_day(told.follow_up, self.today) if told.follow_up else None

    def _begin(self, name: str, told: Vignette) -> None:
        author = self.members[told.author]
        self.entries[name] = begin_entry(
            by=author.user,
            keys=author.keys,
            document=self.documents.document(told),
            follow_up_on=self._follow_up(told),
            is_capture=told.is_capture,
        )

    def _finish(self, name: str, told: Vignette) -> None:
        author = self.members[told.author]
        finish_entry(by=author.user, pk=self.entries[name].pk)

    def _look_back(self, name: str, told: Vignette, look: LookBack) -> None:
        author = self.members[told.author]
        look_back(
            by=author.user,
            keys=author.keys,
            pk=self.entries[name].pk,
            look=look,
            follow_up_on=self._follow_up(told),
        )

    # Meetings

    def _cast(self) -> Cast:
        return Cast(
            users=lambda key: self.members[key].user,
            readers=lambda key: self.members[key].reader,
            agreements=self.agreements,
            shares=self.shares,
            today=self.today,
            zone=self.zone,
        )

    # Groups

    def _demo_group(self, told: GroupTold) -> DemoGroup:
        members = self.members
        return DemoGroup(told, lambda key: members[key].user, lambda key: members[key].reader)

    # Agreements and shares

    def _agreement_steps(self, told: AgreementTold) -> Iterator[Step]:
        yield Step(self._at(told.proposed), partial(self._propose, told))
        if told.accepted:
            yield Step(self._at(told.accepted), partial(self._accept, told))

    def _propose(self, told: AgreementTold) -> None:
        self.agreements[told.supervisee, told.supervisor] = propose_agreement(
            by=self.members[told.proposed_by].user,
            supervisee=self.members[told.supervisee].user,
            supervisor=self.members[told.supervisor].user,
            keys=self.members[told.supervisee].keys,
        )

    def _accept(self, told: AgreementTold) -> None:
        accept_agreement(
            by=self.members[told.accepted_by].user,
            pk=self.agreements[told.supervisee, told.supervisor].pk,
            keys=self.members[told.supervisee].keys,
        )

    def _share_steps(self, told: ShareTold) -> Iterator[Step]:
        yield Step(self._at(told.shared), partial(self._share, told))
        for who, moments in (
            (told.supervisor, told.opened),
            *((one.person, one.opened) for one in told.along),
        ):
            for opened in moments:
                yield Step(self._at(opened), partial(self._open_share, told, who))
        for comment in told.comments:
            yield from self._thread_steps(told, comment)
        if told.taken_back:
            yield Step(self._at(told.taken_back), partial(self._take_back, told))

    def _thread_steps(self, share: ShareTold, first: CommentTold) -> Iterator[Step]:
        thread: list[Comment] = []
        for told in (first, *first.replies):
            act = partial(self._comment, share, told, first.passage, thread)
            yield Step(self._at(told.written), act)

    def _share(self, told: ShareTold) -> None:
        author = self.vignettes[told.entry].author
        reader = self.members[author].reader
        entry = Entry.objects.get(pk=self.entries[told.entry].pk)
        supervisor = self.members[told.supervisor].reader
        document = entry.open(reader.keys)
        copy = freeze(document, only=told.passages, note=unwrapped(told.note))
        along = [self.members[one.person].user for one in told.along]
        both = self.members[author].user, self.members[told.supervisor].user
        allowance = Allowance().beside(document, *(one.get_full_name() for one in (*both, *along)))
        terms = Terms(
            share=uuid.uuid4(),
            entry=entry.pk,
            revision=entry.revision,
            agreement=self.agreements[author, told.supervisor].pk,
            key=crypto.fingerprint(bytes(supervisor.vault.public_key)),
            key_confirmed=False,
            purpose=told.purpose,
            until=self._at(told.shared).date() + timedelta(days=told.until_days),
            attestation=told.attestation,
            wording=ConsentWording.objects.to_share(in_group=bool(along)).pk,
            copy=copy,
            found=count_kinds(check_identifiers(copy, allowance)),
            readers=told_readers(*both, along),
        )
        self.shares[told.entry] = share_passages(
            by=self.members[author].user, reader=reader, terms=terms
        )

    def _open_share(self, told: ShareTold, who: str) -> None:
        share, member = self.shares[told.entry], self.members[who]
        share.open(member.reader)
        note_opening(share=share, by=member.user, events=list(share.events.all()))

    def _comment(
        self, share: ShareTold, told: CommentTold, passage: str, thread: list[Comment]
    ) -> None:
        """Write a thread's next comment; ``thread`` collects them, and the first is the parent."""
        author = self.members[told.by]
        pk = self.shares[share.entry].pk
        lens = guide().texts.get(told.lens)
        given: dict[str, Any] = {
            "by": author.user,
            "reader": author.reader,
            "pk": pk,
            "passage": passage,
            "text": unwrapped(told.text),
            "parent": thread[0].pk if thread else None,
            "lens": Label(lens.slug, lens.title) if lens else None,
            "anchor": self._anchor(share, passage, told.about) if told.about else None,
        }
        if told.held:
            hold_comment(**given)
            return
        written = add_comment(**given)
        thread.append(written)
        supervisee = self.members[self.vignettes[share.entry].author]
        for kind in told.answered:
            react(by=supervisee.user, pk=pk, comment=written.pk, kind=kind, is_on=True)

    def _anchor(self, share: ShareTold, slug: str, words: str) -> Anchor:
        copy = self.shares[share.entry].open(self.members[share.supervisor].reader)
        return find_words(next(one for one in copy.passages if one.slug == slug), words)

    def _take_back(self, told: ShareTold) -> None:
        author = self.members[self.vignettes[told.entry].author]
        revoke_share(by=author.user, pk=self.shares[told.entry].pk)


class _Clock:
    """Dates what was just done to when the story says it happened.

    Whatever stamps a row uses the present, and everything done earlier has been dated back: so
    what carries a time since the seeding began is what the last step did. Expiry, which lies
    ahead, is left alone, and so are mails, which are sent now or not at all.
    """

    def __init__(self) -> None:
        self.began = self.looked_at = timezone.now()
        self.stamps = [
            (model, field.name)
            for app in APPS
            for model in apps.get_app_config(app).get_models()
            for field in model._meta.concrete_fields
            if isinstance(field, models.DateTimeField) and model is not OutgoingMail
        ]

    def date_back(self, moment: datetime) -> None:
        """Move every time between the beginning and now to ``moment``."""
        now = timezone.now()
        for model, name in self.stamps:
            # Not the model's own manager: the logs refuse to be changed, and are right to.
            rows: models.QuerySet[models.Model] = models.QuerySet(model)
            rows.filter(**{f"{name}__range": (self.began, now)}).update(**{name: moment})


def _chain_again(record: Record) -> None:
    """Chain the lines of a record whose times were moved to where the story has them.

    Nowhere else is a line of a record ever written again.
    """
    lines = list(record.lines.select_related("share__wording").order_by("number"))
    record.length, record.head = 0, BEFORE_THE_FIRST
    rows: models.QuerySet[ShareEvent] = models.QuerySet(ShareEvent)
    # Away with the old hashes first: no two lines may ever follow the same one.
    for line in lines:
        rows.filter(pk=line.pk).update(previous=f"moved {line.pk}")
    for line in lines:
        if line.kind == ShareEvent.Kind.SHARED and line.share:
            line.facts = line.share.receipt_facts
        line.previous = record.head
        line.hash = hash_of(line.line)
        rows.filter(pk=line.pk).update(facts=line.facts, previous=line.previous, hash=line.hash)
        record.length, record.head = line.number, line.hash
    record.save(update_fields=["length", "head"])


def refuse_where_unwelcome() -> None:
    """Raise ``DemoRefused`` where Mend runs for a clinic, and where there are people already."""
    if not settings.EMBEDDED:
        raise DemoRefused(
            _(
                "The demo clinic is for trying Mend on one machine. DATABASE_URL is set, so this "
                "is a clinic's own Mend. Nothing was changed."
            )
        )
    if User.objects.exists():
        raise DemoRefused(
            _("There are people in this Mend already, so no demo was made. Nothing was changed.")
        )


@transaction.atomic
def seed_demo(*, today: date | None = None) -> list[Account]:
    """Make the demo clinic and return its accounts, with recovery codes that are kept nowhere.

    The guide and the wordings have to be loaded. Raises ``DemoRefused``.
    """
    refuse_where_unwelcome()
    return DemoClinic(today or timezone.localdate()).seed()
