"""One's own account."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import actions, leaving
from accounts.access import SignedInRequest, is_clinician
from accounts.forms.people import ProfileForm
from accounts.leaving import OnlyAdmin
from accounts.log import happened_to
from accounts.models import Clinic, Membership
from vault.forms import PasswordForm
from vault.opening import Refused, verify_account_password

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
def account_security(request: SignedInRequest) -> HttpResponse:
    """Show and change one's name and time zone, and lead to everything about signing in."""
    form = ProfileForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        if form.has_changed():
            actions.change_profile(by=request.user, **form.cleaned_data)
            messages.success(request, _("Saved."))
        return redirect("account_security")
    context = {
        "form": form,
        "places": Membership.objects.of(request.user),
        "log": happened_to(request.user),
    }
    return render(request, "accounts/account_security.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def account_leave(request: SignedInRequest) -> HttpResponse:
    """Say what deleting one's account means; ask for it, or keep the account after all.

    It needs no open vault: who cannot open theirs any more may leave as well.
    """
    user = request.user
    if request.POST.get("step") == "keep":
        if leaving.keep_account(by=user):
            messages.success(request, _("Your account is kept. Nothing was deleted."))
        return redirect("account_security")
    form = PasswordForm(request.POST or None)
    if user.leaves_at is not None or not form.is_valid():
        return _leave_page(request, form, status=UNPROCESSABLE if form.errors else 200)
    try:
        verify_account_password(request, form.cleaned_data["password"])
        leaving.ask_to_leave(by=user)
    except Refused as refused:
        form.add_error("password", str(refused))
        return _leave_page(request, form, status=refused.status)
    except OnlyAdmin:
        return _leave_page(request, form, status=409)
    return redirect("account_leave")


def _leave_page(request: SignedInRequest, form: PasswordForm, status: int) -> HttpResponse:
    context = {
        "form": form,
        "days": settings.ACCOUNT_LEAVING_DAYS,
        "alone": Clinic.objects.left_alone_by(request.user),
        "is_clinician": is_clinician(request),
    }
    return render(request, "accounts/account_leave.html", context, status=status)
