"""Accounts on the operator's site. No password, text, key, session or mail is shown there."""

from typing import Any

from allauth.account.forms import ResetPasswordForm
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.actions import close_account, open_account, record, roles
from accounts.admin_site import OperatorAdmin
from accounts.forms.names import NameField
from accounts.models import AccountEvent, Clinic, Invitation, Membership, User

Kind = AccountEvent.Kind
# What an operator's site lets somebody do, and how their log says so.
RIGHTS = {"is_staff": _("operator"), "is_superuser": _("superuser")}
NONE = _("none")


def _operator(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the site lets nobody else in
    return request.user


class ReadOnlyAdmin(OperatorAdmin):
    """To look at, not to change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: these rows are made by what people do."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: these rows say what happened."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: these rows say what happened."""
        return False


class NamedAdmin(OperatorAdmin):
    """For what has a name that other people read."""

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form, in which a name is what it is elsewhere."""
        return super().get_form(request, obj, change, field_classes={"name": NameField}, **kwargs)


@admin.register(User)
class UserAdmin(NamedAdmin):
    """People. A password is neither shown nor set here: the person sets it by a mailed link."""

    list_display = ["name", "email", "is_active", "closed_at", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["name", "email"]
    fields = ["name", "email", "timezone", "is_active", "closed_at", "is_staff", "is_superuser"]
    ordering = ["email"]
    actions = ["mail_reset_link", "close_accounts"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return everybody but those who left: of them there is nothing to see or change."""
        return super().get_queryset(request).filter(left_at=None)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return what is only shown: the address is given once, and then theirs to change."""
        return ["email", "closed_at"] if obj else ["closed_at"]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the person; a new one cannot sign in until they set a password.

        The only way to that password is a link mailed to their address, so using it confirms both.
        Ticking *active* opens the account and clearing it closes it, by the actions for that.
        """
        switched = change and "is_active" in form.changed_data
        if not change:
            obj.email = obj.email.lower()
            obj.set_unusable_password()
        if switched:
            obj.is_active = form.initial["is_active"]
        super().save_model(request, obj, form, change)
        if not change:
            obj.emailaddress_set.create(email=obj.email, verified=True, primary=True)
        if switched:
            switch = open_account if form.cleaned_data["is_active"] else close_account
            switch(person=obj, by=_operator(request))
        given = [name for name in RIGHTS if getattr(obj, name)]
        self._note_edit(request, obj, form.changed_data if change else given)

    def _note_edit(self, request: HttpRequest, obj: User, changed: list[str]) -> None:
        """Write into the person's log what the operator changed of their account."""
        by = _operator(request)
        if {"name", "timezone"} & set(changed):
            record(Kind.PROFILE_CHANGED, user=obj, by=by)
        if set(RIGHTS) & set(changed):
            given = [str(words) for name, words in RIGHTS.items() if getattr(obj, name)]
            record(Kind.OPERATOR_RIGHTS, user=obj, by=by, detail=", ".join(given) or str(NONE))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: deleting a person deletes their journal. Deactivating them is enough."""
        return False

    @admin.action(description=_("Mail a link to set a new password"))
    def mail_reset_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Mail each active person chosen the link that "forgotten password" sends."""
        people = list(queryset.filter(is_active=True))
        for person in people:
            form = ResetPasswordForm({"email": person.email})
            if form.is_valid():
                form.save(request)
                record(Kind.RESET_LINK_MAILED, user=person, by=_operator(request))
        sent = ngettext("%d link is on its way.", "%d links are on their way.", len(people))
        self.message_user(request, sent % len(people), messages.SUCCESS)

    @admin.action(description=_("Close the account, so that no clinic can open it again"))
    def close_accounts(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Close the accounts chosen, those that a clinic has ended among them; never one's own."""
        people = list(queryset.filter(closed_at=None).exclude(pk=_operator(request).pk))
        for person in people:
            close_account(person=person, by=_operator(request))
        closed = ngettext("%d account was closed.", "%d accounts were closed.", len(people))
        self.message_user(request, closed % len(people), messages.SUCCESS)


@admin.register(Clinic)
class ClinicAdmin(NamedAdmin):
    """Clinics and practices."""

    list_display = ["name", "is_solo", "timezone", "created_at"]
    search_fields = ["name"]
    fields = ["name", "is_solo", "timezone"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: its people would be left without a place, and without a log."""
        return False


@admin.register(Membership)
class MembershipAdmin(OperatorAdmin):
    """Who belongs where. This is how an operator makes a clinic's first admin."""

    list_display = ["user", "clinic", "is_clinician", "is_admin", "joined_at", "deactivated_at"]
    list_filter = ["is_clinician", "is_admin"]
    list_select_related = ["user", "clinic"]
    search_fields = ["user__name", "user__email", "clinic__name"]
    autocomplete_fields = ["user", "clinic"]
    fields = ["user", "clinic", "is_clinician", "is_admin"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return what is only shown: a place does not move to another person or clinic."""
        return ["user", "clinic"] if obj else []

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """Save the place, and write it into the log."""
        super().save_model(request, obj, form, change)
        given = {"is_clinician": obj.is_clinician, "is_admin": obj.is_admin}
        kind = Kind.ROLES_CHANGED if change else Kind.JOINED
        record(kind, user=obj.user, by=_operator(request), clinic=obj.clinic, detail=roles(**given))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a clinic's admin deactivates, and can reactivate."""
        return False


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Invitations, without what their links are made of."""

    list_display = ["email", "clinic", "created_at", "expires_at", "accepted_at", "revoked_at"]
    list_select_related = ["clinic"]
    search_fields = ["email", "clinic__name"]
    fields = [
        "email",
        "name",
        "clinic",
        "is_clinician",
        "is_admin",
        "invited_by",
        "created_at",
        "expires_at",
        "accepted_at",
        "accepted_by",
        "revoked_at",
        "revoked_by",
    ]


@admin.register(AccountEvent)
class AccountEventAdmin(ReadOnlyAdmin):
    """The account log."""

    list_display = ["at", "kind", "user", "by", "clinic", "detail"]
    list_filter = ["kind"]
    list_select_related = ["user", "by", "clinic"]
    search_fields = ["user__email", "by__email", "clinic__name"]
    fields = ["at", "kind", "user", "by", "clinic", "detail"]
