"""Plain functions that make what a test needs. Every argument is given by name."""

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accounts.models import Clinic, Invitation, Membership, User
from reflection import actions as reflection_actions
from reflection.document import (
    Document,
    Happened,
    LookingAgain,
    Reaction,
    Repair,
    TheirSide,
)
from reflection.findings import Allowance
from reflection.management.commands.load_guide import MODELS as GUIDE_MODELS
from reflection.models import Entry
from reflection.queries.guide import forget_guide
from supervision import actions as supervision_actions
from supervision.frozen import Reader, ReaderTerms, Terms, check_identifiers, count_kinds, freeze
from supervision.minutes import Minutes
from supervision.models import (
    Agreement,
    Comment,
    ConsentWording,
    Facts,
    HeldComment,
    Share,
    SupervisionGroup,
    SupervisionMeeting,
)
from supervision.sealing import OtherSide
from vault import actions as vault_actions
from vault import crypto
from vault.crypto import VaultKeys
from vault.models import KeySlot, Vault, VaultEvent

PASSWORD = "two-chairs-and-a-window"


def make_user(*, name: str = "Nell Ward", email: str = "", **fields: Any) -> User:
    """Return a person with a verified address and the shared password."""
    email = email or f"{name.rsplit(maxsplit=1)[-1].lower()}-{secrets.token_hex(4)}@example.com"
    user: User = User.objects.create_user(
        email=email, password=fields.pop("password", PASSWORD), name=name, **fields
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_clinic(*, name: str = "Alder House", **fields: Any) -> Clinic:
    """Return a clinic."""
    return Clinic.objects.create(name=name, **fields)


def make_membership(
    *,
    user: User,
    clinic: Clinic,
    is_clinician: bool = True,
    is_admin: bool = False,
    **fields: Any,
) -> Membership:
    """Return ``user``'s place in ``clinic``."""
    return Membership.objects.create(
        user=user, clinic=clinic, is_clinician=is_clinician, is_admin=is_admin, **fields
    )


def make_invitation(
    *, clinic: Clinic, token: str = "", email: str = "nell@example.com", **fields: Any
) -> Invitation:
    """Return an open invitation; give ``token`` to know the link that was mailed."""
    digest = hashlib.sha256((token or secrets.token_urlsafe(32)).encode()).hexdigest()
    return Invitation.objects.create(clinic=clinic, email=email, token_digest=digest, **fields)


def make_vault(user: User, password: str = PASSWORD) -> Vault:
    """Return ``user``'s vault, ready to be written to; ``password`` opens it."""
    vault, keys = vault_actions.make_vault(user=user, password=password)
    vault_actions.confirm_recovery_code(
        vault=vault, typed=vault_actions.new_recovery_code(vault=vault, keys=keys)
    )
    vault.refresh_from_db()
    return vault


# What `make_vault` made for each of the standing cast, and the keys of vaults once opened. A vault
# takes some twenty queries to make and three to open, and few of the tests are about that.
_STANDING: dict[tuple[Any, ...], dict[str, Any]] = {}
_KEYS: dict[uuid.UUID, VaultKeys] = {}


def standing_vault(user: User) -> Vault:
    """Return a vault as `make_vault` does: made by it once, then the same rows put in place."""
    made_by = (user.email, settings.VAULT_PEPPER, *settings.VAULT_ARGON2.items())
    if made_by not in _STANDING:
        vault = make_vault(user)
        _STANDING[made_by] = {
            "vault": _kept(vault, "user", "created_at", "recovery_confirmed_at"),
            "slots": [_kept(slot, "vault", "created_at") for slot in vault.slots.order_by("pk")],
            "events": list(vault.events.order_by("pk").values("kind")),
        }
        return vault
    kept = _STANDING[made_by]
    vault = Vault(user=user, recovery_confirmed_at=timezone.now(), **kept["vault"])
    vault.save(force_insert=True)
    KeySlot.objects.bulk_create(KeySlot(vault=vault, **slot) for slot in kept["slots"])
    VaultEvent.objects.bulk_create(VaultEvent(vault=vault, **event) for event in kept["events"])
    return vault


def _kept(row: Model, *without: str) -> dict[str, Any]:
    """Return the fields of ``row`` but for those that are another test's."""
    names = [field.attname for field in row._meta.concrete_fields if field.name not in without]
    values = {name: getattr(row, name) for name in names}
    return {
        name: bytes(value) if isinstance(value, memoryview) else value
        for name, value in values.items()
    }


def _keys_of(user: User, password: str = PASSWORD) -> VaultKeys:
    """Return the keys of ``user``'s vault, remembered if it was opened before."""
    vault = Vault.objects.active().get(user=user)
    if vault.pk not in _KEYS:
        _KEYS[vault.pk] = vault_actions.open_with_password(vault=vault, password=password)
    return _KEYS[vault.pk]


def recovery_code(user: User, password: str = PASSWORD) -> str:
    """Return a new recovery code of ``user``'s vault, typed back and in use."""
    vault = Vault.objects.active().get(user=user)
    keys = vault_actions.open_with_password(vault=vault, password=password)
    code = vault_actions.new_recovery_code(vault=vault, keys=keys)
    vault_actions.confirm_recovery_code(vault=vault, typed=code)
    return code


def vault_keys(user: User, password: str = PASSWORD) -> VaultKeys:
    """Return the keys of ``user``'s vault, which ``password`` has to open."""
    vault = Vault.objects.active().get(user=user)
    return vault_actions.open_with_password(vault=vault, password=password)


def unlock(client: Client, user: User, password: str = PASSWORD) -> VaultKeys:
    """Sign ``client`` in as ``user`` with the vault unlocked, made first if there is none.

    A true row and cookie, without the sign-in page. Return the keys.
    """
    client.force_login(user)
    if not Vault.objects.active().filter(user=user).exists():
        make_vault(user, password)
    keys = _keys_of(user, password)
    cookie = vault_actions.unlock_in_browser(user=user, keys=keys)
    client.cookies[settings.VAULT_COOKIE_NAME] = cookie.hex()
    return keys


def make_entry(
    *, owner: User, keys: VaultKeys, document: Document | None = None, **fields: Any
) -> Entry:
    """Return an entry of ``owner`` holding ``document``; ``fields`` (times, say) are set after."""
    entry = reflection_actions.begin_entry(by=owner, keys=keys, document=document or Document())
    for name, value in fields.items():
        setattr(entry, name, value)
    if fields:
        entry.save(update_fields=list(fields))
    return entry


def reader(user: User, password: str = PASSWORD) -> Reader:
    """Return what ``user`` opens frozen copies with."""
    vault = Vault.objects.active().get(user=user)
    return Reader(user.pk, vault, _keys_of(user, password))


# The rows that ``load_guide`` and ``load_wordings`` made in empty tables, once: reading the files
# takes longer than most tests.
_GUIDE: dict[type[Model], list[dict[str, Any]]] = {}
_WORDINGS: dict[tuple[str, int], dict[str, Any]] = {}


@transaction.atomic
def load_guide() -> None:
    """Load the guide as it is shipped: by the command once, then the same rows put in place."""
    is_empty = not any(model._default_manager.exists() for model in GUIDE_MODELS)
    if is_empty and _GUIDE:
        for model, rows in _GUIDE.items():
            model._default_manager.bulk_create(model(**row) for row in rows)
        # The next row gets a key that none of these has.
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(_GUIDE)):
                cursor.execute(statement)
        forget_guide()
        transaction.on_commit(forget_guide)
        return
    call_command("load_guide", verbosity=0)
    if is_empty:
        joins: list[Any] = [many.through for many in _many_to_many(*GUIDE_MODELS)]
        for model in (*GUIDE_MODELS, *joins):
            _GUIDE[model] = [_kept(row) for row in model._default_manager.order_by("pk")]


def _many_to_many(*models: type[Model]) -> list[Any]:
    return [field.remote_field for model in models for field in model._meta.local_many_to_many]


def sealed_draft(
    *,
    person: User,
    thing: uuid.UUID,
    place: str,
    fields: Mapping[str, str],
    page: str = "0123456789abcdef",
    vault: Vault | None = None,
) -> dict[str, str]:
    """Return what a browser posts of a draft that it sealed at ``place`` of ``thing``."""
    vault = vault or Vault.objects.active().get(user=person)
    context = crypto.browser_draft(vault.pk, thing, place, person.pk)
    data = crypto.pad(json.dumps(list(fields.items())).encode())
    return {
        "vault": str(vault.pk),
        "entry": str(thing),
        "passage": place,
        "page": page,
        "sealed": crypto.seal(bytes(vault.public_key), data, context).hex(),
    }


def load_wordings() -> None:
    """Load the consent wordings, without which nobody agrees to anything: as the guide is."""
    there = set(ConsentWording.objects.values_list("slug", "version"))
    if _WORDINGS and not there:
        ConsentWording.objects.bulk_create(ConsentWording(**one) for one in _WORDINGS.values())
    elif not _WORDINGS or _WORDINGS.keys() - there:
        call_command("load_wordings", verbosity=0)
    if not there and not _WORDINGS:
        for row in ConsentWording.objects.order_by("pk"):
            _WORDINGS[row.natural_key()] = _kept(row, "id")


def make_agreement(
    *, supervisee: User, supervisor: User, is_active: bool = True, **fields: Any
) -> Agreement:
    """Return an agreement the supervisee proposed, accepted unless ``is_active`` is False.

    The supervisor's key is pinned where both have a vault.
    """
    load_wordings()
    has_vault = Vault.objects.ready().filter(user=supervisee).exists()
    agreement = supervision_actions.propose_agreement(
        by=supervisee,
        supervisee=supervisee,
        supervisor=supervisor,
        keys=_keys_of(supervisee) if has_vault else None,
        **fields,
    )
    if is_active:
        agreement = supervision_actions.accept_agreement(by=supervisor, pk=agreement.pk)
    return agreement


def share_terms(
    *, agreement: Agreement, entry: Entry, passages: Sequence[str], note: str = "", **terms: Any
) -> Terms:
    """Return the terms of a share as the preview would have them."""
    document = entry.open(_keys_of(entry.owner))
    copy = freeze(document, only=passages, note=note)
    given: dict[str, Any] = {
        "share": uuid.uuid4(),
        "entry": entry.pk,
        "revision": entry.revision,
        "agreement": agreement.pk,
        "key": agreement.supervisor_key,
        "key_confirmed": False,
        "purpose": Share.Purpose.QUESTION.value,
        "until": timezone.localdate() + timedelta(days=30),
        "attestation": Share.Attestation.CONTRACT.value,
        "wording": ConsentWording.objects.to_share(in_group=bool(terms.get("readers"))).pk,
        "copy": copy,
        "found": count_kinds(check_identifiers(copy, Allowance().beside(document))),
    }
    return Terms(**(given | terms))


def make_share(
    *,
    agreement: Agreement,
    entry: Entry | None = None,
    passages: Sequence[str] = ("looking_again", "repair"),
    note: str = "",
    at: datetime | None = None,
    **terms: Any,
) -> Share:
    """Return a share of ``entry`` (or of a new one with all five passages) under ``agreement``."""
    supervisee = agreement.supervisee
    entry = entry or make_entry(
        owner=supervisee, keys=_keys_of(supervisee), document=full_document()
    )
    agreed = share_terms(agreement=agreement, entry=entry, passages=passages, note=note, **terms)
    return supervision_actions.share_passages(
        by=supervisee, reader=reader(supervisee), terms=agreed, at=at
    )


def full_document(**fields: Any) -> Document:
    """Return a reflection with something in each of its five passages."""
    given: dict[str, Any] = {
        "title": "Finch, after the yawn",
        "happened": Happened(case_code="Finch", took_place="I yawned, and Finch went quiet."),
        "reaction": Reaction(own_words="I felt caught out."),
        "looking_again": LookingAgain(my_part="The apology was quick."),
        "their_side": TheirSide(their_voice="You were tired of me."),
        "repair": Repair(plan="Thursday: no explaining first."),
    }
    return Document(**(given | fields))


def make_comment(
    *, share: Share, author: User, passage: str = "repair", text: str = "And then?", **fields: Any
) -> Comment:
    """Return ``author``'s comment beside a passage of ``share``."""
    return supervision_actions.add_comment(
        by=author, reader=reader(author), pk=share.pk, passage=passage, text=text, **fields
    )


def held_comment(
    *, share: Share, author: User, passage: str = "repair", text: str = "Not yet.", **fields: Any
) -> HeldComment:
    """Return a comment that ``author`` holds back for ``share``."""
    return supervision_actions.hold_comment(
        by=author, reader=reader(author), pk=share.pk, passage=passage, text=text, **fields
    )


def make_group(
    *,
    supervisor: User,
    members: Sequence[User],
    asked: Sequence[User] = (),
    name: str = "Thursdays",
) -> SupervisionGroup:
    """Return ``supervisor``'s group in which ``members`` accepted and ``asked`` have not yet.

    Each of them is supervised by ``supervisor``, made so if need be, and knows the keys of those
    who accepted before.
    """
    load_wordings()
    for person in (*members, *asked):
        if not Agreement.objects.open().filter(supervisee=person, supervisor=supervisor).exists():
            make_agreement(supervisee=person, supervisor=supervisor)
    group = supervision_actions.make_group(
        by=supervisor, name=name, people=[one.pk for one in (*members, *asked)]
    )
    for person in members:
        supervision_actions.accept_place(by=person, pk=group.pk, keys=_keys_of(person))
    return group


def reading_terms(
    group: SupervisionGroup, *people: User, confirmed: bool = True
) -> tuple[ReaderTerms, ...]:
    """Return what a share's terms say of these members who are to read along."""
    places = group.memberships.members().filter(person__in=people).with_vaults()
    return tuple(ReaderTerms(one.pk, one.person_id, one.key, confirmed) for one in places)


def make_meeting(
    *,
    agreement: Agreement,
    by: User,
    starts_at: datetime | None = None,
    duration: int = 50,
    format: str = "video",
    minutes: Minutes | None = None,
) -> SupervisionMeeting:
    """Return a meeting of the two, planned by ``by`` for tomorrow unless ``starts_at`` is given."""
    return supervision_actions.plan_meeting(
        by=by,
        reader=reader(by),
        agreement=agreement.pk,
        facts=Facts(starts_at or timezone.now() + timedelta(days=1), duration, format),
        key_confirmed=OtherSide(agreement, by).key,
        minutes=minutes,
    )
