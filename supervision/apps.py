from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "supervision"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the floors below what to ask here: of shares, exports, leaving, and of forms."""
        # Models are not there before.
        from accounts.leaving import at_farewell  # noqa: PLC0415
        from accounts.ways import keep_way  # noqa: PLC0415
        from reflection.export.parts import register  # noqa: PLC0415
        from reflection.forms import asked_by  # noqa: PLC0415
        from reflection.sharing import tell_of_shares  # noqa: PLC0415
        from supervision.forms import CommentForm, LateForm, ShareForm, meeting  # noqa: PLC0415
        from supervision.leaving import take_leave  # noqa: PLC0415
        from supervision.models import Share  # noqa: PLC0415
        from supervision.parts import SHARED  # noqa: PLC0415
        from supervision.queries.agreement import has_agreed  # noqa: PLC0415
        from vault.kept import name_fields  # noqa: PLC0415

        tell_of_shares(Share.objects.entries_shared_by, Share.objects.has_shared)
        keep_way("supervision", has_agreed)
        register(SHARED)
        at_farewell(take_leave)
        name_fields(asked_by(CommentForm), "comment_add", "comment_edit", "held_change")
        name_fields(asked_by(LateForm), "comment_keep")
        name_fields(asked_by(ShareForm), "share_new")
        name_fields(asked_by(meeting.PlanForm), "meeting_new")
        name_fields(asked_by(meeting.ItemForm), "meeting_agenda")
        name_fields(asked_by(meeting.ActionForm), "meeting_actions")
        name_fields(asked_by(meeting.BringForm), "meeting_bring")
        name_fields(asked_by(meeting.NotesForm), "meeting_notes")
