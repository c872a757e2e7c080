"""How one wants to read, and to press keys."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import SignedInRequest
from accounts.forms.reading import ReadingForm


@require_http_methods(["GET", "POST"])
def account_reading(request: SignedInRequest) -> HttpResponse:
    """Show and change how one wants to read, and list what each key does."""
    form = ReadingForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        if form.changed_data:
            form.instance.save(update_fields=form.changed_data)
            messages.success(request, _("Saved. Every page is shown so from now on."))
        return redirect("account_reading")
    status = 422 if form.errors else 200
    return render(request, "accounts/account_reading.html", {"form": form}, status=status)
