"""Taking one's journal along: one page, and a file that is sent while it is made."""

from collections.abc import Iterator

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.actions import record
from accounts.models import AccountEvent
from reflection.export.files import as_json, as_markdown, in_their_time
from reflection.export.forms import JSON, PDF, ExportForm
from reflection.export.pdf import VOLUME, CannotTypeset, as_pdf
from reflection.models import Entry
from vault.access import VaultRequest
from vault.decorators import unlocked_to_confirm
from vault.opening import Refused, verify_account_password

UNPROCESSABLE = 422
TYPES = {"pdf": "application/pdf", "zip": "application/zip", "json": "application/json"}


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@unlocked_to_confirm
def journal_export(request: VaultRequest) -> HttpResponseBase:
    """Ask what is wanted and for the password; then send the file."""
    form = ExportForm(request.POST or None)
    status = UNPROCESSABLE if form.is_bound else 200
    if form.is_valid():
        try:
            verify_account_password(request, form.cleaned_data["password"])
            return _sent(request, form)
        except Refused as refused:
            form.add_error("password", str(refused))
            status = refused.status
        except CannotTypeset:
            form.add_error("kind", _(
                "The PDF could not be set this time. Nothing was lost. Take Markdown or JSON, "
                "which hold the same words."
            ))  # fmt: skip
    return _page(request, form, status)


def _page(request: VaultRequest, form: ExportForm, status: int) -> HttpResponse:
    context = {
        "form": form,
        "count": Entry.objects.owned_by(request.user).count(),
        "volume": VOLUME,
    }
    return render(request, "reflection/journal_export.html", context, status=status)


def _sent(request: VaultRequest, form: ExportForm) -> StreamingHttpResponse:
    """Return the file. The log says that one was made, as what, and no more."""
    user, kind = request.user, form.cleaned_data["kind"]
    ending, pieces = _file(request, kind, earlier=form.cleaned_data["earlier"])
    labels = dict(form.fields["kind"].choices)  # type: ignore[attr-defined]
    record(
        AccountEvent.Kind.EXPORTED, user=user, by=user, detail=str(labels[kind]).partition(",")[0]
    )
    response = StreamingHttpResponse(in_their_time(user, pieces), content_type=TYPES[ending])
    name = f"mend-journal-{timezone.localdate():%Y-%m-%d}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Mend-Total"] = str(Entry.objects.owned_by(user).count())
    response["X-Accel-Buffering"] = "no"  # a proxy before it is not to put it into a file
    return response


def _file(request: VaultRequest, kind: str, *, earlier: bool) -> tuple[str, Iterator[bytes]]:
    if kind == PDF:
        return as_pdf(request.user, request.vault)
    if kind == JSON:
        return "json", as_json(request.user, request.vault, earlier=earlier)
    return "zip", as_markdown(request.user, request.vault)
