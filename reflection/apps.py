from django.apps import AppConfig


class ReflectionConfig(AppConfig):
    name = "reflection"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Remove what somebody wrote when they leave."""
        from accounts.leaving import at_farewell  # noqa: PLC0415
        from reflection.leaving import take_leave  # noqa: PLC0415

        at_farewell(take_leave)
