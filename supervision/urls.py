"""Sharing, the supervisor's reading, and agreements."""

from django.urls import include, path

from supervision.views import (
    agreement,
    barring,
    comments,
    extending,
    home,
    joining,
    notifications,
    reading,
    receipt,
    sharing,
)

urlpatterns = [
    path("journal/<uuid:pk>/share/", sharing.share_new, name="share_new"),
    path("journal/<uuid:pk>/barred/", barring.entry_barred, name="entry_barred"),
    path("supervision/", home.supervision_home, name="supervision_home"),
    path("supervision/", include("supervision.meeting_urls")),
    path("supervision/notifications/", notifications.notification_list, name="notification_list"),
    path(
        "supervision/notifications/<uuid:pk>/",
        notifications.notification_open,
        name="notification_open",
    ),
    path(
        "supervision/notifications/seen/",
        notifications.notification_see_all,
        name="notification_see_all",
    ),
    path(
        "supervision/notifications/choices/",
        notifications.notification_choices,
        name="notification_choices",
    ),
    path("supervision/groups/", include("supervision.group_urls")),
    path("supervision/shares/<uuid:pk>/", reading.share_read, name="share_read"),
    path("supervision/shares/<uuid:pk>/extend/", extending.share_extend, name="share_extend"),
    path("supervision/shares/<uuid:pk>/receipt/", receipt.share_receipt, name="share_receipt"),
    *(
        path(
            f"supervision/shares/<uuid:pk>/receipt.{form}",
            receipt.share_receipt_export,
            {"form": form},
            name=name,
        )
        for form, name in (("json", "share_receipt_export"), ("pdf", "share_receipt_pdf"))
    ),
    path("supervision/shares/<uuid:pk>/take-back/", receipt.share_revoke, name="share_revoke"),
    path(
        "supervision/shares/<uuid:pk>/take-back/<uuid:person>/",
        receipt.share_take_from_one,
        name="share_take_from_one",
    ),
    path(
        "supervision/shares/<uuid:pk>/let-end/", receipt.share_see_ending, name="share_see_ending"
    ),
    path("supervision/shares/<uuid:pk>/comment/", comments.comment_add, name="comment_add"),
    path("supervision/shares/<uuid:pk>/comment/keep/", comments.comment_keep, name="comment_keep"),
    path("supervision/shares/<uuid:pk>/reflect/", comments.share_reflect, name="share_reflect"),
    path("supervision/shares/<uuid:pk>/held/", comments.held_send, name="held_send"),
    path("supervision/shares/<uuid:pk>/held/carry/", comments.held_carry, name="held_carry"),
    path(
        "supervision/shares/<uuid:pk>/held/<uuid:held>/", comments.held_change, name="held_change"
    ),
    path(
        "supervision/shares/<uuid:pk>/held/<uuid:held>/send/",
        comments.held_send,
        name="held_send_one",
    ),
    path(
        "supervision/shares/<uuid:pk>/comments/<uuid:comment>/edit/",
        comments.comment_edit,
        name="comment_edit",
    ),
    path(
        "supervision/shares/<uuid:pk>/comments/<uuid:comment>/remove/",
        comments.comment_remove,
        name="comment_remove",
    ),
    *(
        path(
            f"supervision/shares/<uuid:pk>/comments/<uuid:comment>/{kind.replace('_', '-')}/",
            comments.comment_react,
            {"kind": kind},
            name=f"comment_{kind}",
        )
        for kind in ("thanks", "helped", "act_on")
    ),
    path("supervision/held/", comments.held_list, name="held_list"),
    path("supervision/held/<uuid:held>/delete/", comments.held_drop, name="held_drop"),
    path("supervision/agreements/new/", agreement.agreement_new, name="agreement_new"),
    path(
        "supervision/agreements/new/<uuid:clinic>/",
        agreement.agreement_new_for_clinic,
        name="agreement_new_for_clinic",
    ),
    path("supervision/agreements/<uuid:pk>/", agreement.agreement_read, name="agreement_read"),
    path(
        "supervision/agreements/<uuid:pk>/accept/",
        agreement.agreement_accept,
        name="agreement_accept",
    ),
    path(
        "supervision/agreements/<uuid:pk>/decline/",
        agreement.agreement_decline,
        name="agreement_decline",
    ),
    path("supervision/agreements/<uuid:pk>/end/", agreement.agreement_end, name="agreement_end"),
    path(
        "supervision/agreements/<uuid:pk>/key/",
        agreement.agreement_confirm_key,
        name="agreement_confirm_key",
    ),
    path(
        "supervision/agreements/<uuid:pk>/seen/",
        agreement.agreement_seen,
        name="agreement_seen",
    ),
    path(
        "supervision/agreements/<uuid:pk>/take-back/",
        agreement.agreement_take_back,
        name="agreement_take_back",
    ),
    path("supervision/agreements/<uuid:pk>/record/", receipt.record_read, name="record_read"),
    *(
        path(
            f"supervision/agreements/<uuid:pk>/record.{form}",
            receipt.record_export,
            {"form": form},
            name=f"record_{form}",
        )
        for form in ("json", "csv", "pdf")
    ),
    path("supervision/proposals/join/<str:token>/", joining.proposal_join, name="proposal_join"),
    path("supervision/proposals/<uuid:pk>/", agreement.proposal_read, name="proposal_read"),
    path(
        "supervision/proposals/<uuid:pk>/accept/",
        agreement.proposal_accept,
        name="proposal_accept",
    ),
    path(
        "supervision/proposals/<uuid:pk>/decline/",
        agreement.proposal_decline,
        name="proposal_decline",
    ),
    path(
        "supervision/proposals/<uuid:pk>/take-back/",
        agreement.proposal_take_back,
        name="proposal_take_back",
    ),
]
