from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "supervision"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the journal what is shared; end and take back what was when somebody leaves."""
        # Models are not there before.
        from accounts.leaving import at_farewell  # noqa: PLC0415
        from reflection.sharing import tell_of_shares  # noqa: PLC0415
        from supervision.leaving import take_leave  # noqa: PLC0415
        from supervision.models import Share  # noqa: PLC0415

        tell_of_shares(Share.objects.entries_shared_by)
        at_farewell(take_leave)
