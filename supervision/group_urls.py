"""Supervision in groups, below ``supervision/groups/``."""

from django.urls import path

from supervision.views import groups

urlpatterns = [
    path("new/", groups.group_new, name="group_new"),
    path("<uuid:pk>/", groups.group_read, name="group_read"),
    path("<uuid:pk>/ask/", groups.group_invite, name="group_invite"),
    path("<uuid:pk>/accept/", groups.group_accept, name="group_accept"),
    path("<uuid:pk>/decline/", groups.group_decline, name="group_decline"),
    path("<uuid:pk>/leave/", groups.group_leave, name="group_leave"),
    path("<uuid:pk>/end/", groups.group_end, name="group_end"),
    path("<uuid:pk>/people/<uuid:person>/remove/", groups.member_remove, name="member_remove"),
    path(
        "<uuid:pk>/people/<uuid:person>/take-back/",
        groups.invitation_take_back,
        name="group_invitation_take_back",
    ),
    path("<uuid:pk>/people/<uuid:person>/key/", groups.member_key, name="member_key"),
]
