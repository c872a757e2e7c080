"""``{% groups_list %}``: the groups somebody leads, is in or is asked into."""

from collections.abc import Mapping
from typing import Any

from django import template

from supervision.models import SupervisionGroup

register = template.Library()


@register.inclusion_tag("supervision/groups_list.html", takes_context=True)
def groups_list(context: Mapping[str, Any]) -> dict[str, Any]:
    """List them, with a way to make one for whoever supervises somebody.

    One query, or none where no agreement the page lists, if it lists any, comes with a group.
    """
    user = context["request"].user
    rows = context.get("agreements") or ()
    has_groups = not rows or any(row.agreement.has_group for row in rows)
    leads = any(
        row.agreement.supervisor_id == user.pk and row.agreement.closed_at is None for row in rows
    )
    return {
        "user": user,
        "groups": SupervisionGroup.objects.listed(user) if has_groups else [],
        "may_make_group": leads,
    }
