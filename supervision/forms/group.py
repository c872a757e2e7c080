"""Groups: what is asked of their supervisor. Whether it may be done, the actions decide."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.names import NameField
from supervision.models import Agreement
from supervision.models.group import NAME_LIMIT


class InviteForm(forms.Form):
    """Whom a supervisor asks into a group: people they have an active agreement with."""

    def __init__(self, *args: Any, agreements: Iterable[Agreement], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"] = forms.MultipleChoiceField(
            label=_("Whom do you ask?"),
            choices=[
                (str(one.supervisee_id), one.supervisee.get_full_name()) for one in agreements
            ],
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": _("Choose at least one person.")},
            help_text=_(
                "People you supervise here, whose agreement both of you have accepted. Each reads "
                "the wording and answers for themselves; those who accept see each other’s names."
            ),
        )

    @property
    def has_people(self) -> bool:
        """Whether there is anybody to ask."""
        return bool(self.fields["people"].choices)  # type: ignore[attr-defined]

    def chosen(self) -> list[UUID]:
        """Return the ids of those who were chosen."""
        return [UUID(pk) for pk in self.cleaned_data["people"]]


class GroupForm(InviteForm):
    """What a supervisor says of a new group. Making it is accepting the wording."""

    name = NameField(
        label=_("What is it called?"),
        max_length=NAME_LIMIT,
        help_text=_(
            "Everybody in it sees this name, and it is not encrypted: nothing of a client or a "
            "case. For example: Thursdays at six."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    agree = forms.BooleanField(
        label=_("I have read this wording and accept it for my part."),
        error_messages={"required": _("Making a group is accepting it. Tick this if you do.")},
    )
    field_order = ["name", "people", "agree"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(self.field_order)
