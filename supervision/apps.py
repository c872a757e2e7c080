from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "supervision"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the floors below what to ask here: of shares, exports, drafts, leaving, forms."""
        # Models are not there before.
        from accounts.invited import admits  # noqa: PLC0415
        from accounts.leaving import at_farewell  # noqa: PLC0415
        from accounts.switching import at_switch  # noqa: PLC0415
        from accounts.ways import keep_number, keep_way  # noqa: PLC0415
        from reflection.drafts import add_places  # noqa: PLC0415
        from reflection.export.parts import register  # noqa: PLC0415
        from reflection.forms import asked_by  # noqa: PLC0415
        from reflection.sharing import tell_of_shares  # noqa: PLC0415
        from supervision.absence import tell_supervisees  # noqa: PLC0415
        from supervision.doings import HOLDING, PLANNING, SENDING  # noqa: PLC0415
        from supervision.forms import (  # noqa: PLC0415
            CommentForm,
            ExtensionForm,
            LateForm,
            ShareForm,
            meeting,
        )
        from supervision.frame import NUMBERS  # noqa: PLC0415
        from supervision.joining import admission_by  # noqa: PLC0415
        from supervision.leaving import take_leave  # noqa: PLC0415
        from supervision.models import Share  # noqa: PLC0415
        from supervision.parts import SHARED  # noqa: PLC0415
        from supervision.queries.agreement import has_agreed  # noqa: PLC0415
        from supervision.views.draft_places import SUPERVISION  # noqa: PLC0415
        from vault.kept import name_doing, name_fields  # noqa: PLC0415

        tell_of_shares(Share.objects.entries_shared_by, Share.objects.has_shared)
        keep_way("supervision", has_agreed)
        for name, number in NUMBERS.items():
            keep_number(name, number)
        register(SHARED)
        add_places(SUPERVISION)
        admits(admission_by)
        at_farewell(take_leave)
        at_switch(tell_supervisees)
        name_fields(asked_by(CommentForm), "comment_add", "comment_edit", "held_change")
        name_fields(asked_by(LateForm), "comment_keep")
        name_fields(asked_by(ShareForm), "share_new")
        name_fields(asked_by(ExtensionForm), "share_extend")
        name_fields(asked_by(meeting.PlanForm), "meeting_new")
        name_fields(asked_by(meeting.ItemForm), "meeting_agenda")
        name_fields(asked_by(meeting.ActionForm), "meeting_actions")
        name_fields(asked_by(meeting.BringForm), "meeting_bring")
        name_fields(asked_by(meeting.NotesForm), "meeting_notes")
        name_doing(SENDING, "comment_add")
        name_doing(HOLDING, "comment_add", button="hold")
        name_doing(HOLDING, "held_change")
        name_doing(SENDING, "held_change", button="send")
        name_doing(PLANNING, "meeting_new")
