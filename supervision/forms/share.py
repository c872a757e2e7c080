"""Sharing and commenting: what is asked. Whether it may be done, the actions decide."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reflection.document import Document, Passage
from reflection.findings import Allowance
from reflection.forms import ProseField
from reflection.models import Entry
from supervision.forms.lasting import CHOOSE, LastingForm
from supervision.forms.readers import (
    AnyValues,
    ReaderQuestion,
    ReadersField,
    check_supervisor,
    questions,
    reader_terms,
)
from supervision.frozen import (
    FrozenCopy,
    Terms,
    check_identifiers,
    count_kinds,
    freeze,
    is_day_left_out,
    without_day,
)
from supervision.models import (
    Agreement,
    ConsentWording,
    GroupMembership,
    GroupPin,
    Share,
    show_fingerprint,
)
from supervision.models.share import NOTE_LIMIT
from vault.crypto import VaultKeys


def _said(text: str) -> str:
    return text if text.strip() else ""


def _box(rows: int) -> forms.Textarea:
    """Return a box smaller than those a reflection is written in."""
    return forms.Textarea(attrs={"rows": rows, "dir": "auto", "class": "short"})


class AgreementField(forms.ChoiceField):
    """One of the supervisee's agreements; says of one that does not serve why it does not.

    ``barred`` are the ids of people the reflection is never shared with.
    """

    def __init__(
        self, agreements: Iterable[Agreement], *, barred: Collection[UUID] = (), **kwargs: Any
    ) -> None:
        self.agreements = {str(agreement.pk): agreement for agreement in agreements}
        self.barred = barred
        choices = [
            (value, agreement.supervisor.get_full_name())
            for value, agreement in self.agreements.items()
            if not self._why_not(agreement)
        ]
        super().__init__(choices=choices, widget=forms.RadioSelect, **kwargs)
        if len(choices) == 1:
            self.initial = choices[0][0]

    def validate(self, value: Any) -> None:
        """Raise ``ValidationError`` with the reason where nothing can be shared under it."""
        agreement = self.agreements.get(value)
        why_not = self._why_not(agreement) if agreement else ""
        if why_not:
            raise ValidationError(f"{why_not} {gettext('Nothing was shared.')}", code="closed")
        super().validate(value)

    def _why_not(self, agreement: Agreement) -> str:
        if agreement.supervisor_id in self.barred:
            facts = {"name": agreement.supervisor.get_full_name()}
            return gettext("You barred %(name)s from this reflection.") % facts
        return agreement.why_not_shareable()

    def clean(self, value: Any) -> Agreement:
        """Return the agreement."""
        return self.agreements[super().clean(value)]


@dataclass(frozen=True)
class KeyQuestion:
    """A supervisor's key to compare before anything is sealed to it.

    ``standing`` as `Agreement.key_standing` has it.
    """

    agreement: Agreement
    fingerprint: bytes
    standing: str
    confirmed: str = ""

    @property
    def has_changed(self) -> bool:
        """Whether another was remembered before, so that somebody ought to ask why."""
        return self.standing == "changed"

    @property
    def was_elsewhere(self) -> bool:
        """Whether one was remembered, in another vault of the supervisee's."""
        return self.standing == "elsewhere"

    @property
    def is_confirmed(self) -> bool:
        """Whether this very key was said to be compared."""
        return self.confirmed == self.value

    @property
    def shown(self) -> str:
        """The fingerprint as two people compare it."""
        return show_fingerprint(self.fingerprint)

    @property
    def value(self) -> str:
        """What the form sends when it was confirmed."""
        return self.fingerprint.hex()


class ShareForm(LastingForm):
    """With whom, what, why and until when. Nothing is chosen beforehand that shares more.

    ``key_question`` is set when the chosen supervisor's key has to be compared first; the answer
    comes back in ``key_confirmed``, which is the fingerprint that was shown. ``kept`` are details
    of the copy that were kept knowingly; with ``without_day`` the day of the therapy session is
    left out of it. ``reader_questions`` and ``reader_keys`` are the same for the members of a group
    who are to read along.
    """

    purpose = forms.ChoiceField(
        label=_("Ask them to…"),
        widget=forms.RadioSelect,
        choices=Share.Purpose.choices,
        error_messages=CHOOSE,
    )
    note = ProseField(
        label=_("What I would like help with"),
        limit=NOTE_LIMIT,
        widget=_box(3),
        help_text=_(
            "It stands above the copy, for everybody who reads it. Up to 5,000 characters."
        ),
    )
    attestation = forms.ChoiceField(
        label=_("What has your client agreed to?"),
        widget=forms.RadioSelect,
        choices=Share.Attestation.choices,
        error_messages=CHOOSE,
        help_text=_("Your supervisor sees which you chose. Do not name the client anywhere."),
    )
    kept = AnyValues(required=False, widget=forms.MultipleHiddenInput)
    without_day = forms.CharField(required=False, widget=forms.HiddenInput)
    key_confirmed = forms.CharField(required=False, widget=forms.HiddenInput)
    reader_keys = AnyValues(required=False, widget=forms.MultipleHiddenInput)
    field_order = [
        "agreement",
        "readers",
        "passages",
        "purpose",
        "note",
        "lasts",
        "until_on",
        "attestation",
    ]

    def __init__(
        self,
        *args: Any,
        agreements: Iterable[Agreement],
        passages: Iterable[Passage],
        keys: VaultKeys,
        barred: Collection[UUID] = (),
        fellows: Iterable[GroupMembership] = (),
        pins: Iterable[GroupPin] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.keys, self.pins = keys, pins
        self.reader_questions: list[ReaderQuestion] = []
        self.key_question: KeyQuestion | None = None
        self.fields["agreement"] = AgreementField(
            agreements, barred=barred, label=_("With whom?"), error_messages=CHOOSE
        )
        readers = ReadersField(
            fellows,
            barred=barred,
            label=_("Who else may read along?"),
            help_text=_(
                "Members of a group with that supervisor. Nobody is chosen beforehand. They read "
                "the copy and comment; who is not chosen does not learn of it."
            ),
        )
        self.barred_fellows = readers.barred_people
        # Somebody chosen who is not offered any more is refused, not silently left out.
        if readers.places or self._posted("readers"):
            self.fields["readers"] = readers
        self.fields["passages"] = forms.MultipleChoiceField(
            label=_("Which passages?"),
            choices=[(passage.slug, passage.title) for passage in passages],
            widget=forms.CheckboxSelectMultiple,
            help_text=_("The title goes with them. Everything else stays with you."),
            error_messages={"required": _("Choose at least one passage.")},
        )
        self.order_fields(self.field_order)

    @classmethod
    def typed(cls, posted: QueryDict) -> dict[str, Any]:
        """Return what was posted, to fill the form again without checking it."""
        names = (*cls.base_fields, "agreement")
        found: dict[str, Any] = {name: posted[name] for name in names if name in posted}
        several = ("passages", "readers", "reader_keys", "kept")
        return found | {name: posted.getlist(name) for name in several}

    @classmethod
    def like(cls, share: Share, copy: FrozenCopy | None, document: Document) -> dict[str, Any]:
        """Return what was chosen for ``share``, to begin a new one with; until when is asked.

        ``copy`` is None where it does not open.
        """
        return {
            "agreement": str(share.agreement_id),
            "passages": list(share.passages),
            "purpose": share.purpose,
            "attestation": share.attestation,
            "note": copy.note if copy else "",
            "without_day": "yes" if copy and is_day_left_out(copy, document) else "",
        }

    @property
    def has_passages(self) -> bool:
        """Whether there is anything to share."""
        return bool(self.fields["passages"].choices)  # type: ignore[attr-defined]

    @property
    def has_agreement(self) -> bool:
        """Whether there is anybody to share with now."""
        return bool(self.fields["agreement"].choices)  # type: ignore[attr-defined]

    @property
    def unusable(self) -> list[str]:
        """Why nothing can be shared under the agreements that are open all the same."""
        reasons = (
            one.why_not_shareable()
            for one in self._agreements
            if one.closed_at is None and one not in self.barred
        )
        return [reason for reason in reasons if reason]

    @property
    def barred(self) -> list[Agreement]:
        """The open agreements with people this reflection is barred from."""
        barred: Collection[UUID] = self.fields["agreement"].barred  # type: ignore[attr-defined]
        return [
            one for one in self._agreements if one.closed_at is None and one.supervisor_id in barred
        ]

    @property
    def barred_names(self) -> list[str]:
        """The names of supervisors, and of fellow members, whom it is barred from.

        Members are left out where there is no supervisor to share with in the first place.
        """
        fellows = self.barred_fellows if self.has_agreement else []
        people = [*(one.supervisor for one in self.barred), *fellows]
        return list({one.pk: one.get_full_name() for one in people}.values())

    def _posted(self, name: str) -> bool:
        """Whether anything was sent for ``name``."""
        return isinstance(self.data, QueryDict) and any(self.data.getlist(name))

    @property
    def _agreements(self) -> Iterable[Agreement]:
        agreements: dict[str, Agreement] = self.fields["agreement"].agreements  # type: ignore[attr-defined]
        return agreements.values()

    def clean(self) -> dict[str, Any]:
        """Work out the last day, and ask for a key that is not known to be compared."""
        cleaned = super().clean()
        if cleaned.get("agreement"):
            self._check_key(cleaned["agreement"], cleaned.get("key_confirmed", ""))
            if cleaned.get("readers"):
                self._check_readers(cleaned)
        return cleaned

    def _check_readers(self, cleaned: dict[str, Any]) -> None:
        try:
            check_supervisor(cleaned["readers"], cleaned["agreement"])
        except ValidationError as error:
            self.add_error("readers", error)
            return
        self.reader_questions = questions(
            cleaned["readers"], self.pins, self.keys, cleaned.get("reader_keys", [])
        )
        for question in self.reader_questions:
            if not question.is_confirmed:
                said = gettext("Compare the key of %(name)s first. Nothing was shared.")
                name = {"name": question.place.person.get_full_name()}
                self.add_error("reader_keys", said % name)

    def _check_key(self, agreement: Agreement, confirmed: str) -> None:
        key = agreement.supervisor_key
        if agreement.knows_key(self.keys, key):
            return
        standing = agreement.key_standing(self.keys)
        self.key_question = KeyQuestion(agreement, key, standing, confirmed)
        if not self.key_question.is_confirmed:
            said = (
                _("Compare your supervisor’s new key first. Nothing was shared.")
                if self.key_question.has_changed
                else _("Compare your supervisor’s key first. Nothing was shared.")
            )
            self.add_error("key_confirmed", said)

    def terms(
        self,
        *,
        share: UUID,
        entry: Entry,
        document: Document,
        wording: ConsentWording,
        allowance: Allowance,
    ) -> Terms:
        """Return what would be shared, on which terms. Call it on a valid form."""
        chosen = self.cleaned_data
        agreement: Agreement = chosen["agreement"]
        key = agreement.supervisor_key
        told = without_day(document) if chosen["without_day"] else document
        copy = freeze(told, only=chosen["passages"], note=_said(chosen["note"]))
        return Terms(
            share=share,
            entry=entry.pk,
            revision=entry.revision,
            agreement=agreement.pk,
            key=key,
            key_confirmed=chosen["key_confirmed"] == key.hex(),
            purpose=chosen["purpose"],
            until=chosen["until"],
            attestation=chosen["attestation"],
            wording=wording.pk,
            copy=copy,
            found=count_kinds(check_identifiers(copy, allowance)),
            readers=reader_terms(chosen.get("readers", ()), chosen["reader_keys"]),
        )
