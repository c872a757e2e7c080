"""One's own account."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import actions
from accounts.access import SignedInRequest, places
from accounts.forms.people import ProfileForm
from accounts.log import happened_to


@require_http_methods(["GET", "POST"])
def account_security(request: SignedInRequest) -> HttpResponse:
    """Show and change one's name and time zone, and lead to everything about signing in."""
    form = ProfileForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        if form.has_changed():
            actions.change_profile(by=request.user, **form.cleaned_data)
            messages.success(request, _("Saved."))
        return redirect("account_security")
    context = {"form": form, "places": places(request), "log": happened_to(request.user)}
    return render(request, "accounts/account_security.html", context)
