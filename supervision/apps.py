from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "supervision"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """End what was agreed, and take back what was shared, when somebody leaves."""
        # Models are not there before.
        from accounts.leaving import at_farewell  # noqa: PLC0415
        from supervision.leaving import take_leave  # noqa: PLC0415

        at_farewell(take_leave)
