"""The list of one's meetings."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reflection.listing import Position
from supervision.models import Agreement, SupervisionMeeting, show_fingerprint
from vault import crypto
from vault.access import VaultRequest

PAGE = 25


@require_GET
def meeting_list(request: VaultRequest) -> HttpResponse:
    """Show one's meetings, the latest first. No words are shown, so no vault is needed."""
    user = request.user
    found = SupervisionMeeting.objects.of_party(user).without_words().newest_first()
    after = Position.read(request.GET.get("after", ""))
    if after is not None:
        found = found.older_than(after.created_at, after.pk)
    page = list(found[: PAGE + 1])
    last = page[PAGE - 1] if len(page) > PAGE else None
    vault = request.vault.vault
    context = {
        "rows": [(one, one.other_party(user)) for one in page[:PAGE]],
        "following": Position(last.starts_at, last.pk) if last else None,
        "is_first_page": after is None,
        "may_plan": Agreement.objects.to_meet_under(user).exists(),
        "own_key": _fingerprint(bytes(vault.public_key)) if vault and vault.is_ready else "",
    }
    return render(request, "supervision/meeting_list.html", context)


def _fingerprint(public_key: bytes) -> str:
    return show_fingerprint(crypto.fingerprint(public_key))
