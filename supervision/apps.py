from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "supervision"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the floors below what to ask here: of shares, exports, and leaving."""
        # Models are not there before.
        from accounts.leaving import at_farewell  # noqa: PLC0415
        from reflection.export.parts import register  # noqa: PLC0415
        from reflection.sharing import tell_of_shares  # noqa: PLC0415
        from supervision.leaving import take_leave  # noqa: PLC0415
        from supervision.models import Share  # noqa: PLC0415
        from supervision.parts import SHARED  # noqa: PLC0415

        tell_of_shares(Share.objects.entries_shared_by)
        register(SHARED)
        at_farewell(take_leave)
