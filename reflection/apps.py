from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReflectionConfig(AppConfig):
    name = "reflection"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Remove what somebody wrote when they leave, keep the way there; tell of forms, drafts."""
        from accounts.leaving import at_farewell  # noqa: PLC0415
        from accounts.ways import keep_number, keep_way  # noqa: PLC0415
        from reflection import case_forms, forms  # noqa: PLC0415
        from reflection.drafts import add_places  # noqa: PLC0415
        from reflection.leaving import take_leave  # noqa: PLC0415
        from reflection.queries.journal import has_written, number_due  # noqa: PLC0415
        from reflection.views.draft_places import JOURNAL  # noqa: PLC0415
        from vault.kept import Question, name_fields  # noqa: PLC0415

        at_farewell(take_leave)
        keep_way("journal", has_written)
        keep_number("due", number_due)
        add_places(JOURNAL)
        written = (
            forms.HappenedForm,
            forms.ReactionForm,
            forms.TheirSideForm,
            forms.RepairForm,
            forms.LookBackForm,
        )
        name_fields(forms.asked_by(*written))
        name_fields(
            {
                "my_part": Question(forms.LookingAgainForm.MY_PART, is_written=True),
                "answer_": Question(_("What I answered"), is_written=True),
            }
        )
        name_fields(forms.asked_by(forms.CaptureForm), "journal_capture")
        name_fields(forms.asked_by(forms.WatchForm), "journal_words")
        name_fields(forms.asked_by(forms.RetagForm), "journal_tags")
        name_fields(forms.asked_by(case_forms.CodeForm), "case_list", "case_rename")
        name_fields({"words": Question(_("Look for"))}, "journal_search")  # nothing to be kept
