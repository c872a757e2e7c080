from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.ended import drop_word  # noqa: PLC0415

        user_logged_in.connect(drop_word, dispatch_uid="accounts.drop_word")
