"""``{% groups_list %}``: the groups somebody leads, is in or is asked into."""

from collections.abc import Mapping
from typing import Any

from django import template

from supervision.models import Agreement, SupervisionGroup

register = template.Library()


@register.inclusion_tag("supervision/groups_list.html", takes_context=True)
def groups_list(context: Mapping[str, Any]) -> dict[str, Any]:
    """List them, with a way to make one for whoever supervises somebody.

    One query, and one more where the page has not got its ``agreements`` at hand.
    """
    user = context["request"].user
    rows = context.get("agreements")
    if rows is None:
        leads = Agreement.objects.supervised_by(user).exists()
    else:
        leads = any(
            row.agreement.supervisor_id == user.pk and row.agreement.closed_at is None
            for row in rows
        )
    return {
        "user": user,
        "groups": SupervisionGroup.objects.listed(user),
        "may_make_group": leads,
    }
