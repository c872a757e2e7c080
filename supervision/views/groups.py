"""Groups: make, ask into, accept, read, leave, end."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from reflection.listing import Position
from supervision import actions
from supervision.decorators import post_only
from supervision.forms import AcceptForm, GroupForm, InviteForm
from supervision.listing import page_of
from supervision.models import (
    Agreement,
    ConsentWording,
    GroupMembership,
    GroupPin,
    Share,
    SupervisionGroup,
    show_fingerprint,
)
from supervision.opening import reader_of
from supervision.rules import Action, PlaceState, Refused
from vault import crypto
from vault.access import VaultRequest
from vault.crypto import VaultKeys
from vault.decorators import unlocked_required

Outcome = GroupMembership.Outcome


@require_http_methods(["GET", "POST"])
def group_new(request: VaultRequest) -> HttpResponse:
    """Make a group of people one supervises."""
    agreements = Agreement.objects.supervised_by(request.user)
    form = GroupForm(request.POST or None, agreements=agreements)
    if form.is_valid():
        try:
            group = actions.make_group(
                by=request.user, name=form.cleaned_data["name"], people=form.chosen()
            )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("Asked. Each of them answers for themselves."))
            return redirect("group_read", pk=group.pk)
    context = {
        "form": form,
        "has_people": form.has_people,
        "wording": ConsentWording.objects.current(ConsentWording.GROUP),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "supervision/group_new.html", context, status=status)


@require_GET
def group_read(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Show who is in a group, its wording, what was shared in it with one, and what one can do."""
    known = SupervisionGroup.objects.known_to(request.user).with_news(request.user)
    group = get_object_or_404(known, pk=pk)
    if getattr(group, "has_news", True):
        actions.see_about(by=request.user, group=pk, are_there=True)
    return _page(request, group)


@post_only("group_read")
def group_invite(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Ask more people into a group one leads."""
    group = get_object_or_404(SupervisionGroup.objects.led_by(request.user), pk=pk)
    form = InviteForm(request.POST, agreements=Agreement.objects.supervised_by(request.user))
    if not form.is_valid():
        return _page(request, group, invite_form=form)
    people = form.chosen()
    return _decide(
        request,
        pk,
        lambda: actions.invite_members(by=request.user, pk=pk, people=people),
        _("Asked. Each of them answers for themselves."),
    )


@post_only("group_read")
def group_accept(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Take one's place in a group, having ticked that one read the wording."""
    form = AcceptForm(request.POST)
    group = _known(request, pk)
    if not form.is_valid():
        return _page(request, group, accept_form=form)
    return _decide(
        request,
        pk,
        lambda: actions.accept_place(by=request.user, pk=pk, keys=_keys(request)),
        _("Accepted. Nothing is shared by that."),
    )


@post_only("group_read")
def group_decline(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Decline to be in a group."""
    return _decide(
        request,
        pk,
        lambda: actions.decline_place(by=request.user, pk=pk),
        _("Declined. Nothing was shared."),
    )


@post_only("group_read")
def group_leave(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Leave a group at once."""
    return _decide(
        request,
        pk,
        lambda: actions.leave_group(by=request.user, pk=pk),
        _("You left the group. What you shared in it was taken back."),
    )


@post_only("group_read")
def group_end(request: VaultRequest, pk: UUID) -> HttpResponse:
    """End a group one leads at once."""
    get_object_or_404(SupervisionGroup.objects.led_by(request.user), pk=pk)
    return _decide(
        request,
        pk,
        lambda: actions.end_group(by=request.user, pk=pk),
        _("The group has ended, and everything shared in it was taken back."),
    )


@post_only("group_read")
def invitation_take_back(request: VaultRequest, pk: UUID, person: UUID) -> HttpResponse:
    """Take back one's asking somebody into a group."""
    return _about(request, pk, person, actions.decline_place, _("The invitation is taken back."))


@post_only("group_read")
def member_remove(request: VaultRequest, pk: UUID, person: UUID) -> HttpResponse:
    """End somebody's place in a group one leads."""
    done = _("They are no longer in the group, and can open nothing that was shared in it.")
    return _about(request, pk, person, actions.remove_member, done)


@post_only("group_read")
@unlocked_required
def member_key(request: VaultRequest, pk: UUID, person: UUID) -> HttpResponseBase:
    """Remember a fellow member's key, which one says one compared."""
    _known(request, pk)
    shown = _read_hex(request.POST.get("key_confirmed", ""))
    if not shown:
        messages.warning(request, _("Nothing was remembered. Tick the box once you compared it."))
        return redirect("group_read", pk=pk)
    return _decide(
        request,
        pk,
        lambda: actions.confirm_member_key(
            by=request.user, pk=pk, person=person, keys=request.vault.keys, fingerprint=shown
        ),
        _("Remembered. Should it ever change, sharing stops and asks you first."),
    )


# --- Parts ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PersonRow:
    """Somebody in a group, or asked into it, as one of the others sees them."""

    place: GroupMembership
    is_me: bool
    may_remove: bool
    may_take_back: bool
    key_standing: str
    asks_for_key: bool

    @property
    def key_value(self) -> str:
        """What the form sends when their key was compared."""
        return self.place.key.hex()


def _known(request: VaultRequest, pk: UUID) -> SupervisionGroup:
    return get_object_or_404(SupervisionGroup.objects.known_to(request.user), pk=pk)


def _page(
    request: VaultRequest,
    group: SupervisionGroup,
    *,
    accept_form: AcceptForm | None = None,
    invite_form: InviteForm | None = None,
) -> HttpResponse:
    user = request.user
    is_supervisor = group.supervisor_id == user.pk
    places = list(group.memberships.unclosed().with_vaults())
    own = next((one for one in places if one.person_id == user.pk), None)
    if not group.is_open or not (is_supervisor or own):
        last = GroupMembership.objects.latest_of(group, user)
        return _closed_page(request, group, last)
    people = _people(request, group, _named_to(user, places, own), own)
    reader = reader_of(user, request.vault) if request.vault.is_unlocked else None
    in_group = Share.objects.readable_by(user).live().in_group(group)
    in_group = in_group.with_reading_of(user).counting_readers()
    after = Position.read(request.GET.get("after", ""))
    shares, more = page_of(in_group, user, reader, after=after)
    vault = request.vault.vault
    if is_supervisor and invite_form is None:
        there = {one.person_id for one in places}
        agreements = Agreement.objects.supervised_by(user).but_for(there)
        invite_form = InviteForm(agreements=agreements)
    bound = next((form for form in (accept_form, invite_form) if form and form.is_bound), None)
    context = {
        "group": group,
        "wording": group.wording,
        "is_supervisor": is_supervisor,
        "own": own,
        "may_accept": own is not None and own.allows(Action.ACCEPT, user),
        "may_leave": own is not None and own.allows(Action.LEAVE, user),
        "rests_on": own.agreement if own and own.state == PlaceState.INVITED else None,
        "people": people,
        "member_count": sum(one.is_member for one in places),
        "shares": shares,
        "more": more,
        "own_key": show_fingerprint(crypto.fingerprint(bytes(vault.public_key))) if vault else "",
        "form": accept_form or AcceptForm(),
        "invite_form": invite_form,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if bound else HTTPStatus.OK
    return render(request, "supervision/group_read.html", context, status=status)


def _named_to(
    user: User, places: list[GroupMembership], own: GroupMembership | None
) -> list[GroupMembership]:
    """Return those of ``places`` whose people ``user`` is told by name.

    Its supervisor (who has no place) knows all, members know each other; who has yet to accept
    knows of themselves alone, and no member of them.
    """
    if own is None:
        return places
    return [one for one in places if one == own or (own.is_member and one.is_member)]


def _people(
    request: VaultRequest,
    group: SupervisionGroup,
    places: list[GroupMembership],
    own: GroupMembership | None,
) -> list[PersonRow]:
    user, keys = request.user, _keys(request)
    may_compare = own is not None and own.allows(Action.CONFIRM_KEY, user)
    pinned = GroupPin.objects.owned_by(user).in_group(group) if may_compare else ()
    pins = {one.person_id: one for one in pinned}
    rows = []
    for place in places:
        standing, is_me = "", place.person_id == user.pk
        if may_compare and keys and not is_me and place.is_member and place.key:
            pin = pins.get(place.person_id)
            standing = pin.standing(keys, place.key) if pin else "new"
        rows.append(
            PersonRow(
                place=place,
                is_me=is_me,
                may_remove=place.allows(Action.REMOVE_MEMBER, user),
                may_take_back=not is_me and place.allows(Action.DECLINE, user),
                key_standing=standing,
                asks_for_key=standing in ("new", "changed", "elsewhere"),
            )
        )
    return rows


def _closed_page(
    request: VaultRequest, group: SupervisionGroup, own: GroupMembership | None
) -> HttpResponse:
    """Return the page of a group that is over for this person: why, and since when."""
    closed_at = own.closed_at if own else group.ended_at
    outcome = own.outcome if own else Outcome.GROUP_ENDED
    name = group.supervisor.get_full_name()
    facts = {"name": name, "day": date_format(localtime(closed_at)) if closed_at else ""}
    said = {
        Outcome.DECLINED: _("You declined on %(day)s."),
        Outcome.TAKEN_BACK: _("%(name)s took the invitation back on %(day)s."),
        Outcome.LEFT: _("You left this group on %(day)s."),
        Outcome.REMOVED: _("%(name)s ended your place in this group on %(day)s."),
        Outcome.GROUP_ENDED: _("This group ended on %(day)s."),
        Outcome.AGREEMENT_ENDED: _(
            "Your agreement with %(name)s ended on %(day)s, and your place in this group with it."
        ),
    }[Outcome(outcome)]
    was_member = own is None or own.accepted_at is not None
    context = {
        "group": group,
        "because": said % facts,
        "was_member": was_member,
        "agreement_ended": outcome == Outcome.AGREEMENT_ENDED,
    }
    return render(request, "supervision/group_closed.html", context, status=HTTPStatus.GONE)


def _about(
    request: VaultRequest, pk: UUID, person: UUID, act: Callable[..., object], done: str
) -> HttpResponse:
    get_object_or_404(SupervisionGroup.objects.led_by(request.user), pk=pk)
    return _decide(request, pk, lambda: act(by=request.user, pk=pk, person=person), done)


def _decide(
    request: VaultRequest, pk: UUID, decide: Callable[[], object], done: str
) -> HttpResponse:
    _known(request, pk)
    try:
        decide()
    except GroupMembership.DoesNotExist:
        messages.warning(request, _("There is no such place in this group. Nothing was changed."))
    except Refused as refused:
        messages.warning(request, refused.message)
    else:
        messages.success(request, done)
    return redirect("group_read", pk=pk)


def _keys(request: VaultRequest) -> VaultKeys | None:
    """Return the person's keys where the vault happens to be open."""
    return request.vault.keys if request.vault.is_unlocked else None


def _read_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
