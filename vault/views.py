"""The vault's pages: set up, unlock, lock, recovery code, start over.

None of them may ever ask allauth to reauthenticate: it would write the suspended post, password or
code and all, into the session in clear.
"""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vault import actions, opening
from vault.access import VaultRequest
from vault.crypto import CannotOpen, MistypedCode, VaultKeys
from vault.decorators import unlocked_to_confirm
from vault.forms import CodeForm, OldKeyForm, PasswordForm, ReopenForm, StartOverForm, UnlockForm
from vault.kept import came_from, wanted_next, wants_json
from vault.models import KeySlot, Vault, VaultEvent
from vault.opening import Refused


def _next(request: VaultRequest) -> str:
    """Return where to go afterwards: the page that sent them here, if it is one of ours."""
    return wanted_next(request) or resolve_url("home")


def _page(
    request: VaultRequest, template: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    context["next"] = _next(request)
    return render(request, f"vault/{template}.html", context, status=status)


# --- Setting up ----------------------------------------------------------------------------------


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def setup(request: VaultRequest) -> HttpResponse:
    """Make the vault, show its recovery code and have it typed back."""
    access = request.vault
    if access.vault is not None and access.vault.is_ready:
        return redirect(_next(request))
    if request.POST.get("step") == "confirm":
        return _confirm_first_code(request)
    if access.setup_keys is None:
        return _make_vault(request)
    if request.method == "POST":
        return _show_new_code(request, access.setup_keys)
    return _page(request, "vault_setup")


def _make_vault(request: VaultRequest) -> HttpResponse:
    form = PasswordForm(request.POST or None)
    if not form.is_valid():
        return _page(request, "vault_setup", form=form)
    password = form.cleaned_data["password"]
    try:
        opening.verify_account_password(request, password)
    except Refused as refused:
        form.add_error("password", str(refused))
        return _page(request, "vault_setup", form=form, status=refused.status)
    keys = actions.open_for_account(user=request.user, password=password)
    if keys is None:  # Set up in another tab meanwhile, under a password since replaced.
        return redirect("vault_unlock")
    request.vault.open(keys, user=request.user)
    return _show_new_code(request, keys)


def _show_new_code(request: VaultRequest, keys: VaultKeys) -> HttpResponse:
    """Show a new recovery code in this very response: it is kept nowhere and never redirected."""
    vault = Vault.objects.get(pk=keys.vault_id)
    code = actions.new_recovery_code(vault=vault, keys=keys)
    return _page(request, "code_show", code=code, form=CodeForm(), made_on=timezone.localdate())


def _confirmed(request: VaultRequest, form: CodeForm, vault: Vault | None) -> VaultKeys | None:
    """Return the keys if the new code was typed back; else what is wrong is on the form."""
    if vault is None or not form.is_valid():
        return None
    try:
        opening.count_try(request)
        return actions.confirm_recovery_code(vault=vault, typed=form.cleaned_data["code"])
    except Refused as refused:
        form.add_error("code", str(refused))
    except MistypedCode:
        form.add_error("code", str(opening.mistyped_code()))
    except CannotOpen:
        form.add_error(
            "code",
            _(
                "That is a recovery code, but not the new one: perhaps one you made earlier. "
                "Type the newest, or make another."
            ),
        )
    return None


def _confirm_first_code(request: VaultRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    keys = _confirmed(request, form, request.vault.vault)
    if keys is None:
        return _page(request, "code_show", form=form, status=400)
    request.vault.open(keys, user=request.user)
    messages.success(
        request, _("Your vault is ready. What you write from now on is sealed to you.")
    )
    return redirect(_next(request))


# --- Unlocking and locking -----------------------------------------------------------------------


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def unlock(request: VaultRequest) -> HttpResponse:
    """Unlock with the password, or open again after a reset. JSON for the page's own script."""
    access = request.vault
    if wants_json(request):
        return _unlock_json(request)
    if access.vault is None or access.state == "none":
        return redirect(f"{resolve_url('vault_setup')}?{request.GET.urlencode()}")
    if access.is_unlocked:
        return redirect(_next(request))
    slot = access.vault.slot(KeySlot.Kind.PASSWORD)
    if slot is None or slot.is_stale:
        return _reopen_after_reset(request, access.vault)
    return _unlock_with_password(request)


def _unlock_with_password(request: VaultRequest) -> HttpResponse:
    form = UnlockForm(request.POST or None)
    if not form.is_valid():
        return _unlock_page(request, form)
    refused = opening.open_with_account_password(request, form.cleaned_data["password"])
    if refused is None:
        return redirect(_next(request))
    if refused.error == "stale":
        return _unlock_page(request, ReopenForm(), stale=True, notice=str(refused), status=400)
    form.add_error("password", str(refused))
    return _unlock_page(request, form, status=refused.status)


def _unlock_page(request: VaultRequest, form: Any, **context: Any) -> HttpResponse:
    vault = request.vault.vault
    asked = vault.start_overs.open().first() if vault is not None else None
    return _page(request, "vault_unlock", form=form, start_over=asked, **context)


def _reopen_after_reset(request: VaultRequest, vault: Vault) -> HttpResponse:
    form = ReopenForm(request.POST or None)
    if not form.is_valid():
        return _unlock_page(request, form, stale=True)
    typed = form.cleaned_data
    try:
        opening.verify_account_password(request, typed["password"])
        keys = opening.keys_from(vault, code=typed["code"], old_password=typed["old_password"])
    except Refused as refused:
        form.add_error(_field_of(refused), str(refused))
        return _unlock_page(request, form, stale=True, status=refused.status)
    reopened = VaultEvent.Kind.REOPENED
    actions.rewrap(vault=vault, keys=keys, password=typed["password"], event=reopened)
    request.vault.open(keys, user=request.user)
    messages.success(request, _("Your vault is open. Your password opens it again from now on."))
    return redirect(_next(request))


def _field_of(refused: Refused) -> str | None:
    """Return the field to put a refusal under; ``None`` for one about no single field."""
    return {
        "mistyped_code": "code",
        "wrong_code": "code",
        "wrong_old_password": "old_password",
        "wrong_password": "password",
    }.get(refused.error)


def _unlock_json(request: VaultRequest) -> HttpResponse:
    if request.POST.get("person", _person(request)) != _person(request):
        message = _(
            "Somebody else is signed in in this browser, so nothing was opened. Nothing was lost: "
            "this page can be used again when its writer signs in here."
        )
        return JsonResponse({"error": "other_person", "message": message}, status=409)
    if request.method == "POST" and not request.vault.is_unlocked:
        refused = opening.open_with_account_password(request, request.POST.get("password", ""))
        if refused is not None:
            answer = {"error": refused.error, "message": str(refused)}
            return JsonResponse(answer, status=refused.status)
    return _state_json(request)


@never_cache
@require_POST
def lock(request: VaultRequest) -> HttpResponse:
    """Lock the vault in this browser, and show that it is, with the way back to the page."""
    request.vault.lock()
    if wants_json(request):
        return _state_json(request)
    page, unlock = came_from(request), resolve_url("vault_unlock")
    return redirect(unlock if page in {"/", unlock} else f"{unlock}?{urlencode({'next': page})}")


@never_cache
@require_GET
def state(request: VaultRequest) -> HttpResponse:
    """Return as JSON whose the vault is, whether it is unlocked and until when; asking is no
    activity. A page made for somebody else is told apart by ``person``.
    """
    request.vault.background = True
    return _state_json(request)


def _state_json(request: VaultRequest) -> JsonResponse:
    locks_at = request.vault.locks_at
    left = (locks_at - timezone.now()).total_seconds() if locks_at else None
    return JsonResponse(
        {
            "person": _person(request),
            "state": request.vault.state,
            "locks_at": locks_at,
            "seconds_left": left and max(left, 0),
        }
    )


def _person(request: VaultRequest) -> str:
    """Return who is signed in, by the id that their pages carry."""
    return str(request.user.pk)


# --- The recovery code ---------------------------------------------------------------------------


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def recovery(request: VaultRequest) -> HttpResponse:
    """Locked: open with the recovery code. Unlocked: its state, and how to make a new one."""
    access = request.vault
    if access.state == "none":
        return redirect("vault_setup")
    if request.POST.get("step") == "confirm":
        return _confirm_new_code(request)
    if not access.is_unlocked:
        return _open_with_code(request)
    return _make_new_code(request)


def _make_new_code(request: VaultRequest) -> HttpResponse:
    form = PasswordForm(request.POST or None)
    if not form.is_valid():
        return _recovery_page(request, form)
    try:
        opening.verify_account_password(request, form.cleaned_data["password"])
    except Refused as refused:
        form.add_error("password", str(refused))
        return _recovery_page(request, form, status=refused.status)
    return _show_new_code(request, request.vault.keys)


def _recovery_page(request: VaultRequest, form: PasswordForm, status: int = 200) -> HttpResponse:
    vault = request.vault.vault
    assert vault is not None
    return _page(
        request,
        "vault_recovery",
        form=form,
        slot=vault.slot(KeySlot.Kind.RECOVERY),
        pending=vault.pending_slot(),
        events=VaultEvent.objects.of(request.user)[:50],
        sealed=request.vault.sealed,
        status=status,
    )


def _confirm_new_code(request: VaultRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    keys = _confirmed(request, form, request.vault.vault)
    if keys is None:
        return _page(request, "code_show", form=form, status=400)
    messages.success(request, _("Your new recovery code is in use. The old one opens nothing now."))
    return redirect("vault_recovery")


def _open_with_code(request: VaultRequest) -> HttpResponse:
    vault = request.vault.vault
    slot = vault.slot(KeySlot.Kind.PASSWORD) if vault is not None else None
    if vault is None or slot is None or slot.is_stale:
        return redirect(f"{resolve_url('vault_unlock')}?{request.GET.urlencode()}")
    form = CodeForm(request.POST or None)
    if not form.is_valid():
        return _page(request, "vault_open_by_code", form=form)
    try:
        opening.count_try(request)
        keys = opening.keys_from(vault, code=form.cleaned_data["code"])
    except Refused as refused:
        form.add_error("code", str(refused))
        return _page(request, "vault_open_by_code", form=form, status=refused.status)
    request.vault.open(keys, user=request.user)
    return redirect(_next(request))


# --- Starting over -------------------------------------------------------------------------------


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def start_over(request: VaultRequest) -> HttpResponse:
    """Ask for a fresh vault beside the sealed one, after a delay; or call that off."""
    access = request.vault
    if access.vault is None or access.state == "none":
        return redirect("vault_setup")
    if request.POST.get("step") == "cancel":
        actions.cancel_start_over(vault=access.vault)
        messages.success(request, _("The fresh vault was called off. Your vault stays as it is."))
        return redirect("vault_unlock")
    asked = access.vault.start_overs.open().first()
    form = StartOverForm(request.POST or None)
    if access.is_unlocked or asked or not form.is_valid():
        days = settings.VAULT_START_OVER_DAYS
        return _page(request, "vault_start_over", form=form, start_over=asked, days=days)
    try:
        opening.verify_account_password(request, form.cleaned_data["password"])
    except Refused as refused:
        form.add_error("password", str(refused))
        days = settings.VAULT_START_OVER_DAYS
        return _page(request, "vault_start_over", form=form, days=days, status=refused.status)
    actions.ask_start_over(vault=access.vault)
    return redirect("vault_start_over")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@unlocked_to_confirm
def reopen(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Open a sealed vault again, so that the fresh one opens it too from now on."""
    sealed = get_object_or_404(Vault.objects.sealed_of(request.user), pk=pk)
    into = request.vault.vault
    assert into is not None
    if sealed.joined_to_id is not None:
        return redirect("vault_recovery")
    form = OldKeyForm(request.POST or None)
    if not form.is_valid():
        return _page(request, "vault_reopen", form=form, sealed=sealed)
    typed = form.cleaned_data
    try:
        opening.count_try(request)
        keys = opening.keys_from(sealed, code=typed["code"], old_password=typed["old_password"])
    except Refused as refused:
        form.add_error(_field_of(refused), str(refused))
        return _page(request, "vault_reopen", form=form, sealed=sealed, status=refused.status)
    actions.join_sealed(sealed=sealed, sealed_keys=keys, into=into, keys=request.vault.keys)
    messages.success(request, _("Your earlier vault is open: what you wrote there can be read."))
    return redirect("vault_recovery")
