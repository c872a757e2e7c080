"""Supervision meetings: the plan, the record, hours."""

from django.urls import path

from supervision.views.meetings import (
    agenda,
    agreed,
    bringing,
    hours,
    keys,
    listing,
    notes,
    plan,
    record,
    versions,
)

urlpatterns = [
    path("meetings/", listing.meeting_list, name="meeting_list"),
    path("meetings/new/", plan.meeting_new, name="meeting_new"),
    path("meetings/<uuid:pk>/", record.meeting_read, name="meeting_read"),
    path("meetings/<uuid:pk>/move/", plan.meeting_move, name="meeting_move"),
    path("meetings/<uuid:pk>/agenda/", agenda.meeting_agenda, name="meeting_agenda"),
    path("meetings/<uuid:pk>/notes/", notes.meeting_notes, name="meeting_notes"),
    path("meetings/<uuid:pk>/agreed/", agreed.meeting_actions, name="meeting_actions"),
    path("meetings/<uuid:pk>/follow/", agreed.meeting_follow, name="meeting_follow"),
    path("meetings/<uuid:pk>/held/", plan.meeting_took_place, name="meeting_took_place"),
    path("meetings/<uuid:pk>/call-off/", plan.meeting_call_off, name="meeting_call_off"),
    path("meetings/<uuid:pk>/sign/", record.meeting_sign, name="meeting_sign"),
    path("meetings/<uuid:pk>/seal/", keys.meeting_seal_anew, name="meeting_seal_anew"),
    path(
        "meetings/<uuid:pk>/versions/<int:revision>/",
        versions.meeting_version,
        name="meeting_version",
    ),
    path("shares/<uuid:pk>/bring/", bringing.meeting_bring, name="meeting_bring"),
    path("hours/", hours.meeting_hours, name="meeting_hours"),
    path("hours/<int:year>/<slug:ending>/", hours.meeting_record, name="meeting_record"),
]
