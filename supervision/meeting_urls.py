"""Supervision meetings: the plan, the record, hours."""

from django.urls import path

from supervision.views import meeting_records, meetings

urlpatterns = [
    path("meetings/", meetings.meeting_list, name="meeting_list"),
    path("meetings/new/", meetings.meeting_new, name="meeting_new"),
    path("meetings/<uuid:pk>/", meetings.meeting_read, name="meeting_read"),
    path("meetings/<uuid:pk>/move/", meetings.meeting_move, name="meeting_move"),
    path("meetings/<uuid:pk>/agenda/", meetings.meeting_agenda, name="meeting_agenda"),
    path("meetings/<uuid:pk>/notes/", meetings.meeting_notes, name="meeting_notes"),
    path("meetings/<uuid:pk>/agreed/", meetings.meeting_actions, name="meeting_actions"),
    path("meetings/<uuid:pk>/follow/", meetings.meeting_follow, name="meeting_follow"),
    path("meetings/<uuid:pk>/held/", meetings.meeting_took_place, name="meeting_took_place"),
    path("meetings/<uuid:pk>/call-off/", meetings.meeting_call_off, name="meeting_call_off"),
    path("meetings/<uuid:pk>/sign/", meetings.meeting_sign, name="meeting_sign"),
    path("meetings/<uuid:pk>/seal/", meetings.meeting_seal_anew, name="meeting_seal_anew"),
    path(
        "meetings/<uuid:pk>/versions/<int:revision>/",
        meetings.meeting_version,
        name="meeting_version",
    ),
    path("shares/<uuid:pk>/bring/", meetings.meeting_bring, name="meeting_bring"),
    path("hours/", meeting_records.meeting_hours, name="meeting_hours"),
    path("hours/<int:year>/<slug:ending>/", meeting_records.meeting_record, name="meeting_record"),
]
